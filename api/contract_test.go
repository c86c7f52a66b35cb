package api_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/uuid"
)

// operation is one row of openapi.yaml with what a call needs.
type operation struct {
	method, path string
	*openapi3.Operation
}

func operations(t testing.TB) []operation {
	var all []operation
	for path, item := range contractDocument(t).Paths.Map() {
		for method, op := range item.Operations() {
			all = append(all, operation{method, path, op})
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	if len(all) < 50 {
		t.Fatalf("only %d operations", len(all))
	}
	return all
}

func (o operation) open() bool { return o.Security != nil && len(*o.Security) == 0 }

// takesBody: forms are read by their handlers and have tests of their own.
func (o operation) takesBody() bool { return o.RequestBody != nil && !o.open() && !o.takesForm() }

func (o operation) takesForm() bool {
	return o.RequestBody != nil && o.RequestBody.Value.Content.Get("application/json") == nil
}

func (o operation) takes(header string) bool {
	return o.Parameters.GetByInAndName(openapi3.ParameterInHeader, header) != nil
}

// header is all that guards a call of the operation.
func (o operation) header(user string) http.Header {
	header := http.Header{"Authorization": {"Bearer " + user}}
	if o.takes("Idempotency-Key") {
		header.Set("Idempotency-Key", newKey())
	}
	if o.takes("If-Match") {
		header.Set("If-Match", `"1.1"`)
	}
	if o.takesBody() {
		header.Set("Content-Type", "application/json")
	}
	if o.takesForm() {
		header.Set("Content-Type", "multipart/form-data; boundary=frame")
	}
	return header
}

// address fills the path.
func (o operation) address(id string) string {
	return strings.NewReplacer("{id}", id, "{country}", "GHA", "{token}", strings.Repeat("x", 32), "{code}", "stale", "{number}", "1").Replace(o.path)
}

// sample is a small good value of a schema.
func sample(schema *openapi3.Schema) any {
	switch {
	case len(schema.Enum) > 0:
		return schema.Enum[0]
	case schema.Type.Is("object"):
		object := map[string]any{}
		for _, name := range schema.Required {
			object[name] = sample(schema.Properties[name].Value)
		}
		return object
	case schema.Type.Is("array"):
		return []any{sample(schema.Items.Value)}
	case schema.Type.Is("boolean"):
		return true
	case schema.Type.Is("integer"):
		return 1
	}
	switch schema.Format {
	case "date":
		return "2026-02-01"
	case "date-time":
		return "2026-02-01T12:00:00Z"
	case "uuid":
		return uuid.NewString()
	}
	for _, candidate := range []string{"word", "BOS", "GHA", someHash, "A123456789", "L2-17", "America/New_York"} {
		if matches(schema, candidate) {
			return candidate
		}
	}
	return "no sample"
}

func matches(schema *openapi3.Schema, text string) bool {
	return schema.VisitJSONString(text) == nil
}

func (o operation) sample() fields {
	if o.takesForm() {
		return nil
	}
	body, _ := sample(o.RequestBody.Value.Content.Get("application/json").Schema.Value).(map[string]any)
	return body
}

// Each operation that is not public wants a good token, and says no more to
// those without one than that.
func TestEveryOperationWantsAToken(t *testing.T) {
	w := newWorld(t)
	var first string
	for _, o := range operations(t) {
		if o.open() {
			continue
		}
		for name, authorization := range map[string][]string{
			"none": nil, "empty": {""}, "unknown": {"Bearer nobody"}, "basic": {"Basic b2ZmaWNlcjE6"}, "two": {"Bearer officer1", "Bearer officer1"},
			"no scheme": {"officer1"},
		} {
			header := o.header("")
			header["Authorization"] = authorization
			got := w.raw(o.method, o.address(newKey()), header, nil)
			if got.status != http.StatusUnauthorized || got.header.Get("WWW-Authenticate") == "" {
				t.Errorf("%s %s with %s: %d", o.method, o.path, name, got.status)
			}
			if first == "" {
				first = string(got.body)
			}
			if string(got.body) != first {
				t.Errorf("%s %s with %s: %s differs from %s", o.method, o.path, name, got.body, first)
			}
		}
	}
	w.tokens.down = true
	if got := w.get("officer1", "/v1/requests"); got.problem() != "identity_unavailable" || got.header.Get("Retry-After") == "" {
		t.Errorf("provider away: %d %s", got.status, got.body)
	}
}

// What cannot be read is refused by its form, by every operation with a body.
func TestEveryBodyIsJudged(t *testing.T) {
	w := newWorld(t)
	deep := strings.Repeat(`{"a":`, 40) + "1" + strings.Repeat("}", 40)
	bodies := []struct {
		name, body, media string
		status            int
	}{
		{"malformed", `{"a":`, "application/json", 400},
		{"key twice", `{"note":"a","note":"b"}`, "application/json; charset=UTF-8", 400},
		{"text behind", `{} {}`, "application/json", 400},
		{"too deep", deep, "application/json", 400},
		{"NUL", `{"note":"\u0000"}`, "application/json", 400},
		{"not UTF-8", "{\"note\":\"\xff\"}", "application/json", 400},
		{"plain text", `{}`, "text/plain", 415},
		{"no type", `{}`, "", 415},
		{"another charset", `{}`, "application/json; charset=latin1", 415},
		{"too large", `{"note":"` + strings.Repeat("x", 64<<10) + `"}`, "application/json", 413},
		{"array", `[]`, "application/json", 422},
		{"null", `null`, "application/json", 422},
		{"unknown field", `{"nobody_knows":1}`, "application/json", 422},
	}
	for _, o := range operations(t) {
		if !o.takesBody() {
			continue
		}
		for _, each := range bodies {
			header := o.header("officer1")
			header.Set("Content-Type", each.media)
			got := w.raw(o.method, o.address(newKey()), header, []byte(each.body))
			if got.status != each.status {
				t.Errorf("%s %s, %s: %d %s", o.method, o.path, each.name, got.status, got.body)
			}
			if _, named := got.faults()["nobody_knows"]; each.name == "unknown field" && !named {
				t.Errorf("%s %s: %s does not name the unknown field", o.method, o.path, got.body)
			}
		}
	}
	compressed := http.Header{"Authorization": {"Bearer officer1"}, "Content-Type": {"application/json"}, "Content-Encoding": {"gzip"}}
	if got := w.raw("POST", "/v1/clocks/preview", compressed, []byte("{}")); got.status != 415 {
		t.Errorf("compressed: %d", got.status)
	}
}

// Every field that is missing or of the wrong type is named, all in one answer.
func TestEveryFieldIsNamed(t *testing.T) {
	w := newWorld(t)
	for _, o := range operations(t) {
		if !o.takesBody() {
			continue
		}
		schema := o.RequestBody.Value.Content.Get("application/json").Schema.Value
		got := w.raw(o.method, o.address(newKey()), o.header("officer1"), []byte(`{}`)).faults()
		for _, name := range schema.Required {
			if got[name] != "is missing" {
				t.Errorf("%s %s: %s: %q", o.method, o.path, name, got[name])
			}
		}
		wrong := []string{}
		for name := range schema.Properties {
			wrong = append(wrong, `"`+name+`":[{}]`)
		}
		got = w.raw(o.method, o.address(newKey()), o.header("officer1"), []byte("{"+strings.Join(wrong, ",")+"}")).faults()
		for name := range schema.Properties {
			named := slices.ContainsFunc(keys(got), func(field string) bool { return field == name || strings.HasPrefix(field, name+".") })
			if !named {
				t.Errorf("%s %s: %s of a wrong type is not named in %v", o.method, o.path, name, got)
			}
		}
	}
}

func keys(of map[string]string) []string {
	var names []string
	for name := range of {
		names = append(names, name)
	}
	return names
}

// What guards a change is asked for before anything else is looked at.
func TestEveryChangeIsGuarded(t *testing.T) {
	w := newWorld(t)
	changes := 0
	for _, o := range operations(t) {
		if !o.takes("Idempotency-Key") {
			continue
		}
		changes++
		without := func(name, value string) answer {
			header := o.header("officer1")
			header.Del(name)
			if value != "" {
				header.Set(name, value)
			}
			return w.ask("officer1", o.method, o.address(newKey()), o.sample(), flat(header)...)
		}
		if got := without("Idempotency-Key", ""); got.problem() != "key_missing" || got.status != 400 {
			t.Errorf("%s: no key: %d %s", o.path, got.status, got.body)
		}
		for _, bad := range []string{"1", "xyz", strings.ToUpper(newKey()), "{" + newKey() + "}", newKey() + "0"} {
			if got := without("Idempotency-Key", bad); got.problem() != "key_invalid" || got.status != 400 {
				t.Errorf("%s: key %s: %d %s", o.path, bad, got.status, got.body)
			}
		}
		if !o.takes("If-Match") {
			continue
		}
		if got := without("If-Match", ""); got.problem() != "version_missing" || got.status != 428 {
			t.Errorf("%s: no version: %d %s", o.path, got.status, got.body)
		}
	}
	if changes < 30 {
		t.Fatalf("only %d changes", changes)
	}
}

func flat(header http.Header) []string {
	var all []string
	for name, values := range header {
		all = append(all, name, values[0])
	}
	return all
}

// What is not there and what is no id get one answer, and leave nothing behind.
func TestWhatIsAbsentIsNotFound(t *testing.T) {
	w := newWorld(t)
	for _, o := range operations(t) {
		if !strings.Contains(o.path, "{id}") {
			continue
		}
		for _, id := range []string{newKey(), "1", "..", "%00", "x%2Fy", strings.ToUpper("0190c2a4-6f7e-7c1a-9b54-2f1de04c8a1f")} {
			var body any
			if o.takesBody() {
				body = o.sample()
			}
			got := w.ask("counsel1", o.method, o.address(id), body, flat(o.header("counsel1"))...)
			if got.problem() != "not_found" || got.status != 404 {
				t.Errorf("%s %s of %s: %d %s", o.method, o.path, id, got.status, got.body)
			}
		}
	}
	if n := w.count("commands"); n != 0 {
		t.Errorf("%d commands were stored", n)
	}
}

func TestQueriesAreJudged(t *testing.T) {
	w := newWorld(t)
	for query, field := range map[string]string{
		"stagge=ready": "query.stagge", "stage=nowhere": "query.stage", "country=gha": "query.country", "limit=0": "query.limit",
		"limit=201": "query.limit", "limit=ten": "query.limit", "on_hold=perhaps": "query.on_hold", "due_before=tomorrow": "query.due_before",
		"cursor=nonsense": "query.cursor", "stage=ready&stage=issued": "query.stage", "officer=%00": "query.officer", "post=a%20b": "query.post",
		"due_before=9999-12-31T23:59:59Z": "query.due_before", "limit=": "query.limit",
	} {
		got := w.get("officer1", "/v1/requests?"+query)
		if _, named := got.faults()[field]; got.status != 422 || !named {
			t.Errorf("%s: %d %s", query, got.status, got.body)
		}
	}
	if got := w.get("officer1", "/v1/requests?limit=%zz"); got.status != 400 {
		t.Errorf("broken escape: %d %s", got.status, got.body)
	}
	both := w.get("officer1", "/v1/requests?limit=0&stage=x&nobody=1").faults()
	if len(both) != 3 {
		t.Errorf("not all at once: %v", both)
	}
	if got := w.get("manager1", "/v1/reports/bottlenecks"); got.faults()["query.group_by"] != "is missing" {
		t.Errorf("no group: %d %s", got.status, got.body)
	}
}

func TestAddressesAndMethods(t *testing.T) {
	w := newWorld(t)
	for _, path := range []string{"/", "/v2", "/v1/requests/", "//v1/requests", "/v1/../v1/requests", "/metrics"} {
		if got := w.get("officer1", path); got.problem() != "not_found" || got.status != 404 {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
		if got := w.raw("GET", path, nil, nil); got.status != 401 {
			t.Errorf("%s without a token: %d", path, got.status)
		}
	}
	for _, method := range []string{"PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE"} {
		got := w.ask("officer1", method, "/v1/requests", nil)
		if got.status != 405 || got.header.Get("Allow") != "GET, POST" {
			t.Errorf("%s: %d, allowed %q", method, got.status, got.header.Get("Allow"))
		}
	}
	if got := w.ask("officer1", "POST", "/v1/requests/"+newKey(), nil); got.problem() != "method_not_allowed" || got.header.Get("Allow") != "GET" {
		t.Errorf("POST of a request: %d %s", got.status, got.body)
	}
}

// The document that is served is the one that is kept, and each problem explains itself.
func TestThePlainPages(t *testing.T) {
	w := newWorld(t)
	document, err := openapi3.NewLoader().LoadFromData(w.raw("GET", "/v1/openapi.json", nil, nil).body)
	if err != nil || len(document.Paths.Map()) != len(contractDocument(t).Paths.Map()) {
		t.Errorf("openapi.json: %v", err)
	}
	if got := w.raw("GET", "/healthz", nil, nil); got.status != 200 || string(got.body) != "ok\n" {
		t.Errorf("healthz: %d %s", got.status, got.body)
	}
	if got := w.raw("GET", "/readyz", nil, nil); got.status != 200 || string(got.body) != `{"database":"ok"}` {
		t.Errorf("readyz: %d %s", got.status, got.body)
	}
	if got := w.raw("GET", "/problems/stale", nil, nil); got.status != 200 || !strings.Contains(string(got.body), "If-Match") {
		t.Errorf("problem: %d %s", got.status, got.body)
	}
	if got := w.raw("GET", "/problems/nothing", nil, nil); got.status != 404 {
		t.Errorf("no problem: %d", got.status)
	}
	w.line.cut()
	if got := w.raw("GET", "/readyz", nil, nil); got.status != 503 || !strings.Contains(string(got.body), "database") {
		t.Errorf("readyz without a database: %d %s", got.status, got.body)
	}
}
