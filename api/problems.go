package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// cause is why a call was not served. Its name is part of the problem's type
// and stays.
type cause string

const (
	malformed           cause = "malformed"
	keyMissing          cause = "key_missing"
	keyInvalid          cause = "key_invalid"
	unauthorized        cause = "unauthorized"
	forbidden           cause = "not_permitted"
	samePerson          cause = "same_person"
	notFound            cause = "not_found"
	methodNotAllowed    cause = "method_not_allowed"
	stageForbids        cause = "stage_forbids"
	gateClosed          cause = "gate_closed"
	consentMissing      cause = "consent_missing"
	neverAddressed      cause = "never_addressed"
	liveRequestExists   cause = "live_request_exists"
	alreadyLifted       cause = "already_lifted"
	foundCitizen        cause = "found_citizen"
	stayStands          cause = "stay_stands"
	alreadyEnded        cause = "already_ended"
	alreadyListed       cause = "already_listed"
	alreadyMerged       cause = "already_merged"
	bothLive            cause = "both_live"
	notOut              cause = "not_out"
	numberTaken         cause = "number_taken"
	recordedAlready     cause = "recorded_already"
	stale               cause = "stale"
	tooLarge            cause = "too_large"
	wrongType           cause = "wrong_type"
	invalidFields       cause = "invalid_fields"
	keyReused           cause = "key_reused"
	versionMissing      cause = "version_missing"
	notAForm            cause = "not_a_form"
	alreadyWithdrawn    cause = "already_withdrawn"
	documentLimit       cause = "document_limit"
	documentEmpty       cause = "document_empty"
	documentType        cause = "document_type_unknown"
	documentTooLarge    cause = "document_too_large"
	documentDamaged     cause = "document_damaged"
	documentEncrypted   cause = "document_encrypted"
	documentAmbiguous   cause = "document_ambiguous"
	documentPageless    cause = "document_without_pages"
	documentPages       cause = "document_pages"
	documentPageSize    cause = "document_page_size"
	documentTooHeavy    cause = "document_too_heavy"
	documentUnreadable  cause = "document_unreadable"
	internalError       cause = "internal"
	unavailable         cause = "unavailable"
	identityUnavailable cause = "identity_unavailable"
)

// meaning is how a cause is answered and explained.
type meaning struct {
	status int
	title  string
	text   string
}

// meanings is the one table from causes to answers.
func meanings() map[cause]meaning {
	return map[cause]meaning{
		malformed:           {http.StatusBadRequest, "The call cannot be read", "The body is not one JSON value in UTF-8, repeats a key, goes on after its end, is nested deeper than 32 levels or holds a NUL; or the query cannot be decoded."},
		keyMissing:          {http.StatusBadRequest, "Idempotency-Key is missing", "Every POST that changes something carries an Idempotency-Key, a UUID of your making. Repeat the call with the same key when its answer was lost."},
		keyInvalid:          {http.StatusBadRequest, "Idempotency-Key is not a UUID", "The key becomes the id of the command and has to be a UUID, such as 0190c2a4-6f7e-7c1a-9b54-2f1de04c8a11."},
		unauthorized:        {http.StatusUnauthorized, "No valid credentials", "Send a bearer token of the identity provider: Authorization: Bearer …. Missing, wrong and expired tokens get the same answer."},
		forbidden:           {http.StatusForbidden, "Not permitted", "None of your roles may do this here."},
		samePerson:          {http.StatusForbidden, "A second person is needed", "The rule wants a second person: who prepared a package does not review it, who wrote its data sheet or uploaded a document in it does not approve it, who recorded a document does not authenticate it, and who placed a citizenship claim, or ever worked a case of the person, neither decides upon it nor lifts it."},
		notFound:            {http.StatusNotFound, "Not found", "There is nothing here, or nothing that you may see."},
		methodNotAllowed:    {http.StatusMethodNotAllowed, "Method not allowed", "The Allow header lists what this address takes."},
		stageForbids:        {http.StatusConflict, "The stage does not allow it", "stage tells where the request stands, allowed what can be done from there."},
		gateClosed:          {http.StatusConflict, "Nothing may leave now", "The gate did not let it leave. Ask counsel."},
		consentMissing:      {http.StatusConflict, "The order names another country", "Nothing leaves for a country that the order of removal does not name before counsel has consented to it for this request. Ask counsel."},
		neverAddressed:      {http.StatusConflict, "This country is never asked about this person", "What concerns a person of Taiwan goes to its own representative office and never to the People's Republic of China. Nobody consents to it."},
		liveRequestExists:   {http.StatusConflict, "A live request exists", "A person has one live request for a country at a time. request_id names it if you may see it."},
		alreadyLifted:       {http.StatusConflict, "The hold was lifted already", "Another command lifted it. Read the hold."},
		foundCitizen:        {http.StatusConflict, "The claim was found to be right", "Counsel found that the person is a citizen of the United States. The claim stands until counsel finds otherwise."},
		stayStands:          {http.StatusConflict, "The stay that it keeps is in force", "The hold of a stay on record ends with that stay alone, neither by name nor by a last day. Record the legal event stay_ended, which lifts it, or correct what was recorded of the stay."},
		alreadyEnded:        {http.StatusConflict, "It was ended already", "Another command ended it, or its first day lies behind the day named. Read it."},
		alreadyListed:       {http.StatusConflict, "The issuer is listed otherwise", "The post's list holds this issuer from the same day, with other words. End that listing, or list it from another day."},
		alreadyMerged:       {http.StatusConflict, "One of the two is merged already", "A record is merged into one other, which is itself merged into none. Read the merges of both; split them, or merge with the record that they are found under."},
		bothLive:            {http.StatusConflict, "Both have a live request for one country", "A human has one live request for a country at a time; detail names the country. Place the hold on both, close or withdraw one of the requests, and merge then."},
		notOut:              {http.StatusConflict, "Nothing is out in that way", "The dispatch was not let go on the channel that this is about, was not handed over before, or is not asked back. Read the dispatch."},
		numberTaken:         {http.StatusConflict, "The number belongs to another dispatch", "One courier, or one system, gives a number once. Look at the number again."},
		recordedAlready:     {http.StatusConflict, "It was recorded already", "Another command recorded it for this dispatch. Read the dispatch; record a contact to put it right."},
		stale:               {http.StatusPreconditionFailed, "Something happened that you had not seen", "If-Match does not name the version that stands. Read the request again, look at what changed, and decide anew."},
		tooLarge:            {http.StatusRequestEntityTooLarge, "The body is too large", "Commands take 64 KiB at most, webhooks 1 MiB."},
		wrongType:           {http.StatusUnsupportedMediaType, "The body is not JSON by its type", "Send Content-Type: application/json, not compressed."},
		invalidFields:       {http.StatusUnprocessableEntity, "Fields break rules", "errors names every field at fault and the rule that it breaks."},
		keyReused:           {http.StatusUnprocessableEntity, "Idempotency-Key was used for another call", "The same key came with another address, caller or body. Take a new key for a new command."},
		versionMissing:      {http.StatusPreconditionRequired, "If-Match is missing", "Every change of a request carries If-Match with the ETag last read."},
		notAForm:            {http.StatusUnsupportedMediaType, "The body is no form by its type", "Send Content-Type: multipart/form-data with the fields type and request_id before the file, not compressed."},
		alreadyWithdrawn:    {http.StatusConflict, "The document was withdrawn already", "Another command withdrew it. Read the document."},
		documentLimit:       {http.StatusConflict, "There are as many documents as there may be", "Withdraw a document of the person or request that serves no more, or put pages together in one."},
		documentEmpty:       {http.StatusUnprocessableEntity, "The file is empty", "Look at the file that you meant to send. Nothing of it was kept."},
		documentType:        {http.StatusUnsupportedMediaType, "The file is no PDF, JPEG or PNG by its content", "Its name and declared type are not looked at. Save the document as PDF, JPEG or PNG. Nothing of it was kept."},
		documentTooLarge:    {http.StatusRequestEntityTooLarge, "The file is too large", "Scan with fewer dots per inch, or send parts. Nothing of it was kept."},
		documentDamaged:     {http.StatusUnprocessableEntity, "The file is damaged", "It ends early, or would have to be repaired before it can be shown. Scan or export it anew. Nothing of it was kept."},
		documentEncrypted:   {http.StatusUnprocessableEntity, "The file is encrypted", "Take the protection off, even one without a password, and send it again. Nothing of it was kept."},
		documentAmbiguous:   {http.StatusUnprocessableEntity, "The file is more than one thing", "Something stands before or behind the document, or it is an archive too, so that programmes would not agree on what it shows. Save it anew. Nothing of it was kept."},
		documentPageless:    {http.StatusUnprocessableEntity, "The file has no pages", "There is nothing in it to be shown. Nothing of it was kept."},
		documentPages:       {http.StatusUnprocessableEntity, "The file has too many pages", "Send it in parts. Nothing of it was kept."},
		documentPageSize:    {http.StatusUnprocessableEntity, "A page or picture is too large or too small", "Save it at the size of paper, or with fewer dots per inch. Nothing of it was kept."},
		documentTooHeavy:    {http.StatusUnprocessableEntity, "Reading the file takes too much", "It needed more memory or time than a document may. Print or scan it anew. Nothing of it was kept."},
		documentUnreadable:  {http.StatusUnprocessableEntity, "The file cannot be read", "What reads documents failed on it. Print or scan it anew. Nothing of it was kept."},
		internalError:       {http.StatusInternalServerError, "Something is wrong on our side", "The defect was logged. Repeat the call with the same Idempotency-Key."},
		unavailable:         {http.StatusServiceUnavailable, "Something this needs is away", "Nothing was half-done. Repeat the call with the same Idempotency-Key after the time that Retry-After tells."},
		identityUnavailable: {http.StatusServiceUnavailable, "The identity provider is away", "Your token could not be checked. Repeat the call after the time that Retry-After tells."},
	}
}

// retryAfter is what a caller is asked to wait while something is away, in seconds.
const retryAfter = 5

// problem is an answer of RFC 9457, and an error on the way to it.
type problem struct {
	cause     cause
	detail    string
	errors    []contract.FieldError
	stage     tdr.Stage
	allowed   []tdr.Name
	requestID string
}

// Error names the cause alone: details can repeat what a caller sent.
func (p *problem) Error() string { return string(p.cause) }

func newProblem(c cause, detail string) *problem { return &problem{cause: c, detail: detail} }

// fieldErrors collects what is wrong with a call, so that all of it is named at once.
type fieldErrors []contract.FieldError

func (f *fieldErrors) add(field, rule string, arguments ...any) {
	*f = append(*f, contract.FieldError{Field: field, Rule: fmt.Sprintf(rule, arguments...)})
}

// problem is nil when nothing was added.
func (f fieldErrors) problem() error {
	if len(f) == 0 {
		return nil
	}
	return &problem{cause: invalidFields, errors: f}
}

// answer is the problem as it goes over the wire, and as it is kept.
func (p *problem) answer() Answer {
	known := meanings()[p.cause]
	allowed := make([]string, 0, len(p.allowed))
	for _, name := range p.allowed {
		allowed = append(allowed, string(name))
	}
	body, err := json.Marshal(contract.Problem{
		Type: "/problems/" + string(p.cause), Title: known.title, Status: known.status, Detail: p.detail,
		Errors: p.errors, Stage: string(p.stage), Allowed: allowed, RequestId: p.requestID,
	})
	if err != nil {
		body = []byte(`{"type":"/problems/internal"}`)
	}
	headers := map[string]string{"Content-Type": "application/problem+json"}
	switch known.status {
	case http.StatusServiceUnavailable:
		headers["Retry-After"] = strconv.Itoa(retryAfter)
	case http.StatusUnauthorized:
		headers["WWW-Authenticate"] = `Bearer realm="traveldoc"`
	}
	return Answer{Status: known.status, Headers: headers, Body: append(body, '\n')}
}

// write puts an answer on the wire.
func (a Answer) write(w http.ResponseWriter) error {
	for name, value := range a.Headers {
		w.Header().Set(name, value)
	}
	w.WriteHeader(a.Status)
	if _, err := w.Write(a.Body); err != nil {
		return fmt.Errorf("write answer: %w", err)
	}
	return nil
}
