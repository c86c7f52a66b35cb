package maildrop

import (
	"bytes"
	"embed"
	"html/template"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"
)

//go:embed pages
var pages embed.FS

const (
	listedOnPage = 200
	listedAsJSON = 1000
)

// row is a line of the list page.
type row struct {
	Seq              int64
	At, To, ID, Line string
}

func (d *Drop) listPage(w http.ResponseWriter, r *http.Request) {
	entries, total := d.store.newest(listedOnPage)
	view := struct {
		Rows  []row
		Total int
		Rules []Rule
	}{Total: total, Rules: d.rules.show()}
	for _, e := range entries {
		view.Rows = append(view.Rows, row{e.seq, e.at.Format(time.RFC3339), strings.Join(e.to, ", "), e.id, e.subject})
	}
	d.page(w, "list.html", view)
}

func (d *Drop) mailPage(w http.ResponseWriter, r *http.Request) {
	if mail, ok := d.lookup(w, r); ok {
		d.page(w, "mail.html", mail)
	}
}

// mailHTML shows the HTML part in a sandbox of its own: no script, no form, no request, no origin.
func (d *Drop) mailHTML(w http.ResponseWriter, r *http.Request) {
	mail, ok := d.lookup(w, r)
	if !ok {
		return
	}
	w.Header().Set("Content-Security-Policy", "sandbox; default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(mail.HTML)) // the reader may be gone; there is nobody to tell
}

func (d *Drop) lookup(w http.ResponseWriter, r *http.Request) (Mail, bool) {
	mail, ok, err := d.store.get(r.PathValue("id"))
	if err != nil {
		http.Error(w, "the mail cannot be read", http.StatusInternalServerError)
	} else if !ok {
		http.NotFound(w, r)
	}
	return mail, ok
}

func (d *Drop) page(w http.ResponseWriter, name string, view any) {
	parsed, err := template.ParseFS(pages, "pages/"+name)
	var out bytes.Buffer
	if err == nil {
		err = parsed.Execute(&out, view)
	}
	if err != nil {
		http.Error(w, "the page cannot be made", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(out.Bytes()) // the reader may be gone; there is nobody to tell
}

func (d *Drop) style(w http.ResponseWriter, r *http.Request) {
	http.ServeFileFS(w, r, pages, "pages/style.css")
}

func (d *Drop) message(w http.ResponseWriter, r *http.Request) {
	if mail, ok := d.lookup(w, r); ok {
		answerJSON(w, http.StatusOK, mail)
	}
}

// messages lists mails, oldest first. to: a recipient; message_id: the
// caller's custom argument; since: an arrival's number, left out itself, or an
// instant (RFC 3339); limit: at most and by default 1,000.
func (d *Drop) messages(w http.ResponseWriter, r *http.Request) {
	query := r.URL.Query()
	after, err := since(query.Get("since"))
	if err != nil {
		http.Error(w, "since: want a number or an RFC 3339 instant", http.StatusBadRequest)
		return
	}
	limit := listedAsJSON
	if text := query.Get("limit"); text != "" {
		if limit, err = strconv.Atoi(text); err != nil || limit < 1 || limit > listedAsJSON {
			http.Error(w, "limit: want 1 to 1000", http.StatusBadRequest)
			return
		}
	}
	to, id := strings.ToLower(query.Get("to")), query.Get("message_id")
	found, last := d.store.find(func(e entry) bool {
		return after(e) && (to == "" || slices.Contains(e.to, to)) && (id == "" || e.messageID == id)
	}, limit)
	mails := make([]Mail, 0, len(found))
	for _, e := range found {
		mail, err := d.store.load(e)
		if err != nil {
			http.Error(w, "the mails cannot be read", http.StatusInternalServerError)
			return
		}
		mails = append(mails, mail)
	}
	answerJSON(w, http.StatusOK, map[string]any{"messages": mails, "last_seq": last})
}

func since(text string) (func(entry) bool, error) {
	if text == "" {
		return func(entry) bool { return true }, nil
	}
	if seq, err := strconv.ParseInt(text, 10, 64); err == nil {
		return func(e entry) bool { return e.seq > seq }, nil
	}
	at, err := time.Parse(time.RFC3339, text)
	return func(e entry) bool { return !e.at.Before(at) }, err
}
