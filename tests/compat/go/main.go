// Calls SAE operations through Alibaba's classic typed SDK for Go.
//
// Started with endpoint, key id and secret. Reads calls, one JSON object a line:
// {"action": "ExecJob", "params": {"AppId": "..."}}; answers each with one line:
// {"raw": the response body, "typed": what the SDK's types hold of it, "mistyped": what a strict
// decoder finds wrong with it} or {"error": {code, requestId, status, message}}, or
// {"unsupported": true} for an operation that the SDK does not have.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"

	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	"github.com/aliyun/alibaba-cloud-sdk-go/services/sae"
)

type wish struct {
	Action string
	Params map[string]any
}

func main() {
	endpoint, keyID, secret := os.Args[1], os.Args[2], os.Args[3]
	client, err := sae.NewClientWithAccessKey("cn-hangzhou", keyID, secret)
	if err != nil {
		panic(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 4<<20)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var next wish
		if err := json.Unmarshal(lines.Bytes(), &next); err != nil {
			panic(err)
		}
		if err := answers.Encode(answer(client, endpoint, next)); err != nil {
			panic(err)
		}
	}
}

func answer(client *sae.Client, endpoint string, next wish) map[string]any {
	create, known := creators[next.Action]
	if !known {
		return map[string]any{"unsupported": true}
	}
	request := create()
	request.SetDomain(endpoint)
	request.SetScheme("http")
	if err := fill(request, next.Params); err != nil {
		return failure(err)
	}
	method := reflect.ValueOf(client).MethodByName(next.Action)
	results := method.Call([]reflect.Value{reflect.ValueOf(request)})
	if err, failed := results[1].Interface().(error); failed && err != nil {
		return failure(err)
	}
	response := results[0].Interface().(interface{ GetHttpContentBytes() []byte })
	raw := response.GetHttpContentBytes()
	// The SDK's own decoder bends types; this one does not.
	mistyped := []string{}
	strict := reflect.New(method.Type().Out(0).Elem()).Interface()
	if err := json.Unmarshal(raw, strict); err != nil {
		mistyped = append(mistyped, err.Error())
	}
	return map[string]any{
		"raw":      json.RawMessage(raw),
		"typed":    response,
		"mistyped": mistyped,
	}
}

// Sets the fields of a request by the names that the parameters have on the wire.
func fill(request requests.AcsRequest, params map[string]any) error {
	fields := reflect.ValueOf(request).Elem()
	byName := map[string]reflect.Value{}
	for index := 0; index < fields.NumField(); index++ {
		if name := fields.Type().Field(index).Tag.Get("name"); name != "" {
			byName[name] = fields.Field(index)
		}
	}
	for name, value := range params {
		text, isText := value.(string)
		if !isText {
			encoded, err := json.Marshal(value)
			if err != nil {
				return err
			}
			text = string(encoded)
		}
		field, known := byName[name]
		if !known {
			// A parameter newer than the SDK: its users set it like this.
			request.GetQueryParams()[name] = text
			continue
		}
		if field.Kind() != reflect.String {
			return fmt.Errorf("%s is no text in this SDK", name)
		}
		field.SetString(text)
	}
	return nil
}

func failure(err error) map[string]any {
	shown := map[string]any{"message": err.Error()}
	var refusal *sdkerrors.ServerError
	if errors.As(err, &refusal) {
		shown["code"] = refusal.ErrorCode()
		shown["requestId"] = refusal.RequestId()
		shown["status"] = refusal.HttpStatus()
		shown["message"] = refusal.Message()
	}
	return map[string]any{"error": shown}
}
