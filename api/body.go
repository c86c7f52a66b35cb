package api

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

const (
	commandLimit = 64 << 10 // bytes of a command's body
	webhookLimit = 1 << 20  // bytes of a webhook's body
	depthLimit   = 32       // levels of nesting
)

// readBody reads a JSON body of at most limit bytes, as it came.
func readBody(w http.ResponseWriter, r *http.Request, limit int64) ([]byte, error) {
	if r.ContentLength > limit {
		return nil, newProblem(tooLarge, "")
	}
	raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var over *http.MaxBytesError
	switch {
	case errors.As(err, &over):
		return nil, newProblem(tooLarge, "")
	case err != nil:
		return nil, newProblem(malformed, "the body ended early")
	}
	return raw, nil
}

// jsonType tells whether a body is JSON in UTF-8 by its headers.
func jsonType(header http.Header) bool {
	media, parameters, err := mime.ParseMediaType(header.Get("Content-Type"))
	charset, given := parameters["charset"]
	return err == nil && media == "application/json" && header.Get("Content-Encoding") == "" &&
		(!given || strings.EqualFold(charset, "utf-8"))
}

// parseStrict reads one JSON value and nothing else: no key twice, no text
// behind, no NUL, no more than depthLimit levels. Numbers stay as they were written.
func parseStrict(raw []byte) (any, error) {
	if !utf8.Valid(raw) {
		return nil, newProblem(malformed, "the body is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	value, err := strictValue(decoder, 0)
	if err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, newProblem(malformed, "something follows the JSON value")
	}
	return value, nil
}

func strictValue(decoder *json.Decoder, depth int) (any, error) {
	token, err := decoder.Token()
	if err != nil {
		return nil, newProblem(malformed, "the body is not JSON")
	}
	switch token := token.(type) {
	case json.Delim:
		if depth == depthLimit {
			return nil, newProblem(malformed, "the body is nested too deep")
		}
		if token == '{' {
			return strictObject(decoder, depth+1)
		}
		return strictArray(decoder, depth+1)
	case string:
		return token, noNUL(token)
	default:
		return token, nil
	}
}

func strictObject(decoder *json.Decoder, depth int) (any, error) {
	object := map[string]any{}
	for decoder.More() {
		token, err := decoder.Token()
		key, ok := token.(string)
		if err != nil || !ok {
			return nil, newProblem(malformed, "the body is not JSON")
		}
		if _, twice := object[key]; twice {
			return nil, newProblem(malformed, "the body repeats a key")
		}
		if err := noNUL(key); err != nil {
			return nil, err
		}
		if object[key], err = strictValue(decoder, depth); err != nil {
			return nil, err
		}
	}
	return object, closing(decoder)
}

func strictArray(decoder *json.Decoder, depth int) (any, error) {
	array := []any{}
	for decoder.More() {
		value, err := strictValue(decoder, depth)
		if err != nil {
			return nil, err
		}
		array = append(array, value)
	}
	return array, closing(decoder)
}

func closing(decoder *json.Decoder) error {
	if _, err := decoder.Token(); err != nil {
		return newProblem(malformed, "the body is not JSON")
	}
	return nil
}

// noNUL: no database text can hold one.
func noNUL(text string) error {
	if strings.ContainsRune(text, 0) {
		return newProblem(malformed, "the body holds a NUL")
	}
	return nil
}
