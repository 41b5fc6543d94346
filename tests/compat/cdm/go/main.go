// Calls CDM operations through Huawei Cloud's typed SDK for Go.
//
// Started with endpoint, access key, secret, region and perhaps the id of a project; without it the
// SDK looks the project up in IAM. Reads calls, one JSON object a line:
// {"action": "ShowJobs", "params": {"cluster_id": "…", "job_name": "all", "body": {}}}; answers each
// with one line: {"raw": the response body, "typed": what the SDK's types hold of it, "mistyped":
// what the types of the Terraform provider cannot hold of it} or {"error": {code, requestId, status,
// message}}, or {"unsupported": true} for an operation that the SDK does not have.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"reflect"
	"time"

	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/auth/basic"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/config"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/httphandler"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/region"
	"github.com/huaweicloud/huaweicloud-sdk-go-v3/core/sdkerr"
	cdm "github.com/huaweicloud/huaweicloud-sdk-go-v3/services/cdm/v1"
)

const callDeadline = 40 * time.Second

type wish struct {
	Action string
	Params json.RawMessage
}

// The last body as it was before the SDK's types read it.
var lastBody []byte

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 4<<20)
	answers := json.NewEncoder(os.Stdout)
	var client *cdm.CdmClient
	for lines.Scan() {
		var next wish
		if err := json.Unmarshal(lines.Bytes(), &next); err != nil {
			panic(err)
		}
		var err error
		if client == nil {
			// The SDK looks the project up here: its failures are answers too.
			client, err = build(os.Args[1:])
		}
		shown := map[string]any{}
		if err != nil {
			shown = failure(err)
		} else {
			shown = answer(client, next)
		}
		if err := answers.Encode(shown); err != nil {
			panic(err)
		}
	}
}

func build(args []string) (*cdm.CdmClient, error) {
	endpoint, keyID, secret, regionID := args[0], args[1], args[2], args[3]
	credentials := basic.NewCredentialsBuilder().
		WithAk(keyID).WithSk(secret).WithIamEndpointOverride(endpoint)
	if len(args) > 4 {
		credentials = credentials.WithProjectId(args[4])
	}
	built, err := credentials.SafeBuild()
	if err != nil {
		return nil, err
	}
	recorder := httphandler.NewHttpHandler().AddResponseHandler(func(response http.Response) {
		lastBody, _ = io.ReadAll(response.Body)
	})
	client, err := cdm.CdmClientBuilder().
		WithRegion(region.NewRegion(regionID, endpoint)).
		WithCredential(built).
		WithHttpConfig(config.DefaultHttpConfig().WithTimeout(callDeadline).WithHttpHandler(recorder)).
		SafeBuild()
	if err != nil {
		return nil, err
	}
	return cdm.NewCdmClient(client), nil
}

func answer(client *cdm.CdmClient, next wish) map[string]any {
	method := reflect.ValueOf(client).MethodByName(next.Action)
	if !method.IsValid() {
		return map[string]any{"unsupported": true}
	}
	// Fields of requests are tagged with the names of the wire.
	request := reflect.New(method.Type().In(0).Elem())
	if err := json.Unmarshal(next.Params, request.Interface()); err != nil {
		return failure(fmt.Errorf("the request of %s: %w", next.Action, err))
	}
	results := method.Call([]reflect.Value{request})
	if err, failed := results[1].Interface().(error); failed && err != nil {
		return failure(err)
	}
	raw := lastBody
	if len(bytes.TrimSpace(raw)) == 0 {
		raw = []byte("null")
	}
	return map[string]any{
		"raw":      json.RawMessage(raw),
		"typed":    results[0].Interface(),
		"mistyped": unreadable(next.Action, raw),
	}
}

func failure(err error) map[string]any {
	shown := map[string]any{"message": err.Error()}
	var refusal *sdkerr.ServiceResponseError
	if errors.As(err, &refusal) {
		shown["code"] = refusal.ErrorCode
		shown["requestId"] = refusal.RequestId
		shown["status"] = refusal.StatusCode
		shown["message"] = refusal.ErrorMessage
	}
	return map[string]any{"error": shown}
}
