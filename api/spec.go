package api

import (
	"context"
	_ "embed" // openapi.yaml
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/google/uuid"
	"github.com/traveldoc/traveldoc/internal/calendar"
)

//go:embed openapi.yaml
var openapiYAML []byte

// spec is openapi.yaml, ready to judge calls by.
type spec struct {
	doc        *openapi3.T
	json       []byte
	operations map[string]operation // by method and route template
}

// operation is one row of the contract.
type operation struct {
	route *routers.Route
	query []string
	body  *openapi3.Schema // nil: takes none
	form  bool             // takes a form with a file, which its handler reads
	// needed tells whether the body may be left out.
	needed bool
}

// The instants and dates that calls may name: outside them they are slips, and
// far outside them they cannot be written down.
const (
	earliestYear = 1900
	latestYear   = 2199
)

// loadSpec reads the contract once: it is part of the program, and every server
// and question only looks things up in it.
var loadSpec = sync.OnceValues(readSpec)

func readSpec() (*spec, error) {
	doc, err := openapi3.NewLoader().LoadFromData(openapiYAML)
	if err != nil {
		return nil, fmt.Errorf("load openapi.yaml: %w", err)
	}
	if err := doc.Validate(context.Background()); err != nil {
		return nil, fmt.Errorf("validate openapi.yaml: %w", err)
	}
	s := &spec{doc: doc, operations: map[string]operation{}}
	if s.json, err = doc.MarshalJSON(); err != nil {
		return nil, fmt.Errorf("write openapi.json: %w", err)
	}
	for path, item := range doc.Paths.Map() {
		for method, op := range item.Operations() {
			s.operations[method+" "+path] = newOperation(doc, path, method, item, op)
		}
	}
	return s, nil
}

func newOperation(doc *openapi3.T, path, method string, item *openapi3.PathItem, op *openapi3.Operation) operation {
	found := operation{route: &routers.Route{Spec: doc, Path: path, PathItem: item, Method: method, Operation: op}}
	for _, parameter := range op.Parameters {
		if parameter.Value.In == openapi3.ParameterInQuery {
			found.query = append(found.query, parameter.Value.Name)
		}
	}
	if op.RequestBody != nil {
		media := op.RequestBody.Value.Content.Get("application/json")
		if found.form = media == nil; !found.form {
			found.body, found.needed = media.Schema.Value, op.RequestBody.Value.Required
		}
	}
	return found
}

// checkParameters judges path, query and headers. A path that names nothing
// possible is not found; headers that guard a change have answers of their own.
func (o operation) checkParameters(r *http.Request, path map[string]string) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return newProblem(malformed, "the query cannot be decoded")
	}
	var faults fieldErrors
	o.checkQueryNames(query, &faults)
	input := &openapi3filter.RequestValidationInput{
		Request: r, PathParams: path, QueryParams: query, Route: o.route,
		Options: &openapi3filter.Options{MultiError: true, SkipSettingDefaults: true, SchemaValidationOptions: validation()},
	}
	for _, reference := range o.route.Operation.Parameters {
		parameter := reference.Value
		err := openapi3filter.ValidateParameter(r.Context(), input, parameter)
		if err == nil {
			continue
		}
		if special := guardProblem(parameter, err); special != nil {
			return special
		}
		collect("query."+parameter.Name, err, &faults)
	}
	return faults.problem()
}

// checkQueryNames: a misspelt filter must not widen an answer, nor may one be given twice.
func (o operation) checkQueryNames(query url.Values, faults *fieldErrors) {
	names := make([]string, 0, len(query))
	for name := range query {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		switch {
		case !slices.Contains(o.query, name):
			faults.add("query."+name, "is not known here")
		case len(query[name]) > 1:
			faults.add("query."+name, "is given more than once")
		case strings.ContainsRune(query[name][0], 0):
			faults.add("query."+name, "holds a NUL")
		}
	}
}

// guardProblem is the answer to a fault in the path or in a guarding header; nil for a query.
func guardProblem(parameter *openapi3.Parameter, err error) *problem {
	missing := errors.Is(err, openapi3filter.ErrInvalidRequired)
	switch {
	case parameter.In == openapi3.ParameterInPath:
		return newProblem(notFound, "")
	case parameter.In != openapi3.ParameterInHeader:
		return nil
	case parameter.Name == "If-Match" && missing:
		return newProblem(versionMissing, "")
	case parameter.Name == "If-Match":
		return newProblem(stale, "")
	case missing:
		return newProblem(keyMissing, "")
	default:
		return newProblem(keyInvalid, "")
	}
}

// checkBody judges a parsed body.
func (o operation) checkBody(value any) error {
	err := o.body.VisitJSON(value, append(validation(), openapi3.MultiErrors(), openapi3.VisitAsRequest())...)
	if err == nil {
		return nil
	}
	var faults fieldErrors
	collect("", err, &faults)
	return faults.problem()
}

// validation adds to the document's schemas what their formats mean here.
func validation() []openapi3.SchemaValidationOption {
	return []openapi3.SchemaValidationOption{
		openapi3.EnableFormatValidation(),
		openapi3.WithStringFormatValidators(map[string]openapi3.StringFormatValidator{
			"uuid": openapi3.NewCallbackValidator(isUUID), "date": openapi3.NewCallbackValidator(isDate),
			"date-time": openapi3.NewCallbackValidator(isInstant),
		}),
	}
}

func isUUID(text string) error {
	if _, err := uuid.Parse(text); err != nil || len(text) != 36 || strings.ToLower(text) != text {
		return errors.New("must be a UUID in lower case")
	}
	return nil
}

func isDate(text string) error {
	date, err := calendar.ParseDate(text)
	if err != nil || date.Year < earliestYear || date.Year > latestYear {
		return errors.New("must be a date YYYY-MM-DD between 1900 and 2199")
	}
	return nil
}

func isInstant(text string) error {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil || at.UTC().Year() < earliestYear || at.UTC().Year() > latestYear {
		return errors.New("must be an instant of RFC 3339 between 1900 and 2199")
	}
	return nil
}

// unsupported finds the name of a property that the schema does not know.
var unsupported = regexp.MustCompile(`^property "(.*)" is unsupported$`)

// collect turns the validator's findings into field and rule. Values are left
// out: they can be personal.
func collect(field string, err error, faults *fieldErrors) {
	var many openapi3.MultiError
	var one *openapi3.SchemaError
	switch {
	case errors.As(err, &many):
		for _, each := range many {
			collect(field, each, faults)
		}
	case errors.As(err, &one):
		faults.add(fieldOf(field, one), "%s", ruleOf(one))
	case errors.Is(err, openapi3filter.ErrInvalidRequired):
		faults.add(field, "is missing")
	case errors.Is(err, openapi3filter.ErrInvalidEmptyValue):
		faults.add(field, "is empty")
	default:
		faults.add(field, "is not of its type")
	}
}

func fieldOf(prefix string, err *openapi3.SchemaError) string {
	parts := err.JSONPointer()
	if prefix != "" {
		parts = append([]string{prefix}, parts...)
	}
	if match := unsupported.FindStringSubmatch(err.Reason); match != nil {
		parts = append(parts, match[1])
	}
	if len(parts) == 0 {
		return "body"
	}
	return strings.Join(parts, ".")
}

// ruleOf words a schema's rule.
func ruleOf(err *openapi3.SchemaError) string {
	schema := err.Schema
	switch err.SchemaField {
	case "required":
		return "is missing"
	case "properties":
		return "is not known here"
	case "type":
		return "must be of type " + strings.Join(schema.Type.Slice(), " or ")
	case "nullable":
		return "must not be null"
	case "enum":
		return fmt.Sprintf("must be one of %s", wordList(schema.Enum))
	case "pattern":
		return "must match " + schema.Pattern
	case "format":
		return formatRule(schema.Format)
	case "maxLength":
		return fmt.Sprintf("must have at most %d characters", *schema.MaxLength)
	case "minLength":
		return fmt.Sprintf("must have at least %d characters", schema.MinLength)
	case "maxItems":
		return fmt.Sprintf("must have at most %d elements", *schema.MaxItems)
	case "minItems":
		return fmt.Sprintf("must have at least %d elements", schema.MinItems)
	case "minimum":
		return fmt.Sprintf("must be at least %v", *schema.Min)
	case "maximum":
		return fmt.Sprintf("must be at most %v", *schema.Max)
	default:
		return "breaks the rule " + err.SchemaField
	}
}

func formatRule(format string) string {
	switch format {
	case "uuid":
		return isUUID("").Error()
	case "date":
		return isDate("").Error()
	case "date-time":
		return isInstant("").Error()
	default:
		return "must be of format " + format
	}
}

func wordList(words []any) string {
	texts := make([]string, len(words))
	for i, word := range words {
		texts[i] = fmt.Sprint(word)
	}
	return strings.Join(texts, ", ")
}
