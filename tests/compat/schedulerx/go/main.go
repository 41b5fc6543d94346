// Calls SchedulerX operations through Alibaba's classic typed SDK for Go.
//
// Started with endpoint, key id and secret. Reads calls, one JSON object a line:
// {"action": "ExecuteJob", "params": {"JobId": 1}}; answers each with one line:
// {"raw": the response body, "typed": what the SDK's types hold of it, "mistyped": what a strict
// decoder finds wrong with it} or {"error": {code, requestId, status, message}}, or
// {"unsupported": true} for an operation that the SDK does not have.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"

	sdkerrors "github.com/aliyun/alibaba-cloud-sdk-go/sdk/errors"
	"github.com/aliyun/alibaba-cloud-sdk-go/sdk/requests"
	schedulerx "github.com/aliyun/alibaba-cloud-sdk-go/services/schedulerx2"
)

type wish struct {
	Action string
	Params map[string]any
}

func main() {
	endpoint, keyID, secret := os.Args[1], os.Args[2], os.Args[3]
	client, err := schedulerx.NewClientWithAccessKey("cn-hangzhou", keyID, secret)
	if err != nil {
		panic(err)
	}
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 4<<20)
	answers := json.NewEncoder(os.Stdout)
	for lines.Scan() {
		var next wish
		// Ids have more digits than a float writes out.
		decoder := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		decoder.UseNumber()
		if err := decoder.Decode(&next); err != nil {
			panic(err)
		}
		if err := answers.Encode(answer(client, endpoint, next)); err != nil {
			panic(err)
		}
	}
}

func answer(client *schedulerx.Client, endpoint string, next wish) map[string]any {
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
	fields := fieldsByName(reflect.ValueOf(request).Elem())
	for name, value := range params {
		field, known := fields[name]
		if !known {
			// A parameter newer than the SDK: its users set it like this.
			request.GetQueryParams()[name] = textOf(value)
			continue
		}
		if err := set(field, value); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func fieldsByName(object reflect.Value) map[string]reflect.Value {
	fields := map[string]reflect.Value{}
	for index := 0; index < object.NumField(); index++ {
		if name := object.Type().Field(index).Tag.Get("name"); name != "" {
			fields[name] = object.Field(index)
		}
	}
	return fields
}

func set(field reflect.Value, value any) error {
	switch field.Kind() {
	case reflect.String:
		field.SetString(textOf(value))
		return nil
	case reflect.Pointer:
		// A repeated parameter: a list of texts, or of objects.
		list, isList := value.([]any)
		if !isList {
			return errors.New("a list is needed")
		}
		items := reflect.MakeSlice(field.Type().Elem(), len(list), len(list))
		for index, item := range list {
			if err := set(items.Index(index), item); err != nil {
				return err
			}
		}
		field.Set(reflect.New(field.Type().Elem()))
		field.Elem().Set(items)
		return nil
	case reflect.Struct:
		members, isObject := value.(map[string]any)
		if !isObject {
			return errors.New("an object is needed")
		}
		fields := fieldsByName(field)
		for name, member := range members {
			inner, known := fields[name]
			if !known {
				return fmt.Errorf("no member %s", name)
			}
			if err := set(inner, member); err != nil {
				return err
			}
		}
		return nil
	}
	return fmt.Errorf("%s is no kind that requests have", field.Kind())
}

func textOf(value any) string {
	if text, isText := value.(string); isText {
		return text
	}
	encoded, err := json.Marshal(value)
	if err != nil {
		panic(err)
	}
	return string(encoded)
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
