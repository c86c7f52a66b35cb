package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
)

func TestStrictJSON(t *testing.T) {
	good := []string{
		`{}`, `[]`, `null`, `"a"`, `1e3`, ` {"a": [1, {"b": null}], "c": true} `, `{"a":{"b":1},"b":{"a":1}}`,
		strings.Repeat("[", depthLimit) + strings.Repeat("]", depthLimit),
	}
	for _, text := range good {
		if _, err := parseStrict([]byte(text)); err != nil {
			t.Errorf("%s: %v", text, err)
		}
	}
	bad := map[string]string{
		"empty": ``, "blank": ` `, "open object": `{`, "open array": `[1`, "open string": `"a`, "bare word": `yes`,
		"key twice": `{"a":1,"a":2}`, "key twice inside": `[{"b":{"a":1,"a":1}}]`, "key twice by escape": `{"a":1,"\u0061":2}`,
		"text behind": `{} {}`, "comma behind": `{},`, "brace behind": `{}}`, "comma before end": `{"a":1,}`, "single quotes": `{'a':1}`,
		"NUL": "{\"a\":\"\x00\"}", "NUL by escape": `{"a":"\u0000"}`, "NUL in key": `{"\u0000":1}`, "not UTF-8": "{\"a\":\"\xff\"}",
		"number as key": `{1:2}`, "leading zero": `01`, "NaN": `NaN`, "comment": `{} // x`, "byte order mark": "\ufeff{}",
		"too deep":            strings.Repeat("[", depthLimit+1) + strings.Repeat("]", depthLimit+1),
		"too deep in objects": strings.Repeat(`{"a":`, depthLimit+1) + "1" + strings.Repeat("}", depthLimit+1),
	}
	for name, text := range bad {
		_, err := parseStrict([]byte(text))
		var found *problem
		if !errors.As(err, &found) || found.cause != malformed {
			t.Errorf("%s: got %v, want malformed", name, err)
		}
	}
}

// FuzzStrictJSON: whatever comes, the parser answers without a panic; what it
// takes is JSON for the standard library too, and means the same.
func FuzzStrictJSON(f *testing.F) {
	for _, seed := range []string{`{"a":[1,2.5,"x",null,true]}`, `{"a":1,"a":2}`, `[[[[`, "\xff", `"\ud800"`, `{"a":"\u0000"}`, `1 2`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		value, err := parseStrict(raw)
		var found *problem
		if err != nil {
			if !errors.As(err, &found) || found.cause != malformed {
				t.Fatalf("%q: %v is no answer", raw, err)
			}
			return
		}
		if !json.Valid(raw) {
			t.Fatalf("%q was taken", raw)
		}
		var want any
		decoder := json.NewDecoder(bytes.NewReader(raw))
		decoder.UseNumber()
		if err := decoder.Decode(&want); err != nil || !reflect.DeepEqual(value, want) {
			t.Fatalf("%q: got %#v, want %#v (%v)", raw, value, want, err)
		}
	})
}

// FuzzCommandBody: no body makes the judge of a command fail in another way
// than by a problem, and what passes has a place in the types.
func FuzzCommandBody(f *testing.F) {
	document, err := loadSpec()
	if err != nil {
		f.Fatal(err)
	}
	f.Add([]byte(`{"person":{"family_name":"Example","given_names":"Ana","birth_date":"1990-02-30"},"country":"GHA"}`))
	f.Add([]byte(`{"event":1e400,"reason":"x","occurred_at":"2026-01-01T23:59:60Z"}`))
	f.Add([]byte(`{"event":9223372036854775808}`))
	f.Add([]byte(`{"request":{"events":[{"data":{"a":[]}}]}}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		value, err := parseStrict(raw)
		if err != nil {
			return
		}
		for name, operation := range document.operations {
			if operation.body == nil {
				continue
			}
			var found *problem
			if err := operation.checkBody(value); err != nil && (!errors.As(err, &found) || len(found.errors) == 0) {
				t.Fatalf("%s %q: %v names no field", name, raw, err)
			}
		}
	})
}
