package web

import (
	"bytes"
	"embed"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed templates/*.html
var templateFiles embed.FS

// layoutFiles are what every page is made with.
const layoutFiles = "templates/_*.html"

type templates map[string]*template.Template

func loadTemplates(assets assets) (templates, error) {
	layout, err := template.New("").Funcs(template.FuncMap{"asset": assets.address, "status": statusOf}).ParseFS(templateFiles, layoutFiles)
	if err != nil {
		return nil, fmt.Errorf("parse layout: %w", err)
	}
	files, err := fs.Glob(templateFiles, "templates/[a-z]*.html")
	if err != nil {
		return nil, fmt.Errorf("list templates: %w", err)
	}
	parsed := templates{}
	for _, file := range files {
		page, err := layout.Clone()
		if err != nil {
			return nil, fmt.Errorf("copy layout: %w", err)
		}
		if page, err = page.ParseFS(templateFiles, file); err != nil {
			return nil, fmt.Errorf("parse %s: %w", file, err)
		}
		parsed[strings.TrimSuffix(path.Base(file), ".html")] = page
	}
	return parsed, nil
}

// view is what a page shows.
type view struct {
	Title  string // what the page is for, without the system's name; nothing personal
	Code   string // of the request that it is about
	Failed bool   // nothing was done; the title says so
	Faults []fault
	Body   any
}

// fault is an entry that has to be put right.
type fault struct {
	Field string // id of the entry on the page
	Text  string
}

// shown is a view with what the layout needs.
type shown struct {
	view
	SignedIn  bool
	Name      string
	Roles     string
	FormToken string
	Warn      int64 // seconds until the timeout warning is due
	Leave     int64 // seconds until the session ends unless something is done
	AsOf      string
	Refresh   string // address of this page; empty when it cannot be asked for again
	Counsel   bool
}

// FullTitle is the page's title in the browser.
func (s shown) FullTitle() string {
	parts := []string{s.Title}
	if s.Code != "" {
		parts = append(parts, s.Code)
	}
	title := strings.Join(append(parts, "traveldoc"), " – ")
	if s.Failed || len(s.Faults) > 0 {
		title = "Error: " + title
	}
	return title
}

// Fault is the text of an entry's fault, or empty.
func (s shown) Fault(field string) string {
	for _, each := range s.Faults {
		if each.Field == field {
			return each.Text
		}
	}
	return ""
}

// warnBefore leaves two minutes to stay signed in (WCAG 2.2.1 wants twenty seconds).
const warnBefore = 2 * time.Minute

// show writes a page. It is made whole first, so that a defect leaves no half a page.
func (v *visit) show(status int, name string, page view) error {
	full := shown{view: page, AsOf: clockTime(v.now(), v.zone())}
	if v.r.Method == http.MethodGet && status == http.StatusOK && v.caller().Subject != "" {
		full.Refresh = v.r.URL.Path
	}
	if caller := v.caller(); caller.Subject != "" {
		full.SignedIn, full.Name, full.Roles, full.FormToken = true, caller.Name, rolesText(caller), v.session.FormToken
		if full.Name == "" {
			full.Name = caller.Subject
		}
		left := min(v.session.IdleUntil.Sub(v.now()), v.session.EndsAt.Sub(v.now()))
		full.Leave = int64(left / time.Second)
		full.Warn = int64(max(left-warnBefore, 0) / time.Second)
		full.Counsel = v.site.policy.May(caller, readHolds)
	}
	found, ok := v.site.templates[name]
	if !ok {
		return fmt.Errorf("there is no template %s", name)
	}
	var made bytes.Buffer
	if err := found.ExecuteTemplate(&made, "layout", full); err != nil {
		return fmt.Errorf("write page %s: %w", name, err)
	}
	v.w.Header().Set("Content-Type", "text/html; charset=utf-8")
	v.w.WriteHeader(status)
	if _, err := v.w.Write(made.Bytes()); err != nil {
		v.site.config.Log.DebugContext(v.ctx(), "reader went away", "error", err.Error())
	}
	return nil
}

// found shows a page that is well.
func (v *visit) found(name string, page view) error { return v.show(http.StatusOK, name, page) }
