package web_test

import (
	"encoding/json"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
)

// everyPage lists the pages that the site serves by GET, from where they are routed.
func everyPage(t *testing.T) []string {
	t.Helper()
	source, err := os.ReadFile("site.go")
	must(t, err)
	var pages []string
	for _, found := range regexp.MustCompile(`"GET (/[^"]*)"`).FindAllStringSubmatch(string(source), -1) {
		if page := strings.TrimSuffix(found[1], "{$}"); page != "/assets/" && page != "/sign-in" {
			pages = append(pages, page)
		}
	}
	return pages
}

// Rule 13 is kept by there being no route: no page and no form of theirs is named
// for a likelihood.
func TestRule13_NoPageTellsALikelihood(t *testing.T) {
	source, err := os.ReadFile("site.go")
	must(t, err)
	routes := regexp.MustCompile(`"(?:GET|POST) (/[^"]*)"`).FindAllStringSubmatch(string(source), -1)
	if len(routes) < 20 {
		t.Fatalf("only %d routes were found: they are read wrongly", len(routes))
	}
	for _, route := range routes {
		for _, word := range []string{"likel", "probab", "score", "predict", "chance", "odds", "forecast", "average"} {
			if strings.Contains(strings.ToLower(route[1]), word) {
				t.Errorf("rule 13: there is a page %s", route[1])
			}
		}
	}
}

// pagesOf a request that is held for something, as each role outside need to know sees them.
func pagesOf(t *testing.T, kind string) map[string]string {
	t.Helper()
	w := newWorld(t)
	r, escalation, link := w.asked()
	var packages struct{ Packages []struct{ ID string } }
	must(t, json.Unmarshal(w.call("supervisor1", "GET", "/v1/requests/"+r.ID+"/packages", nil), &packages))
	hold := w.held(r, kind)
	w.clock.set(w.clock.Now().Add(48 * time.Hour))
	ids := map[string]string{"/holds/": hold, "/escalations/": escalation, "/packages/": packages.Packages[0].ID, "/liftings/": uuid.NewString(), "/dispatches/": w.dispatch(r), "/requests/{code}/merges/": uuid.NewString()}
	said := map[string]string{}
	for _, user := range []string{"officer1", "officer2", "supervisor1", "liaison1", "state1", "manager1", "admin1"} {
		b := w.as(user)
		for _, page := range everyPage(t) {
			address := strings.NewReplacer("{code}", r.Code, "/a/{token}", link, "{step}", "recall-confirmation").Replace(page)
			for prefix, id := range ids {
				if strings.HasPrefix(page, prefix) {
					address = strings.ReplaceAll(address, "{id}", id)
				}
			}
			if strings.Contains(address, "{") {
				t.Fatalf("%s: nothing stands for what the page names", page)
			}
			said[page+" by "+user] = numbered(blank(b.get(address)))
		}
	}
	return said
}

// numbered blanks what is random: ids, codes, hashes, links and reference numbers.
func numbered(text string) string {
	numbers := map[string]int{}
	return regexp.MustCompile(`[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|TD-[2-9A-HJ-NP-Z]{6}|\b([0-9a-f]{64}|[0-9a-f]{12})\b|/a/[A-Za-z0-9_-]+`).ReplaceAllStringFunc(text, func(found string) string {
		if _, seen := numbers[found]; !seen {
			numbers[found] = len(numbers) + 1
		}
		return fmt.Sprintf("<%d>", numbers[found])
	})
}

// Every page reads byte for byte alike whatever a request is held for, to
// everyone who does not need to know it.
func TestNeedToKnow_PagesReadAlike(t *testing.T) {
	stay := pagesOf(t, "stay")
	if !strings.Contains(stay["/requests/{code} by officer1"], "On hold since") {
		t.Error("the page of a request shows no hold")
	}
	for _, kind := range []string{"pending_relief", "withholding", "cat", "citizenship_claim"} {
		for asked, text := range pagesOf(t, kind) {
			if text != stay[asked] {
				from := 0
				for from < min(len(text), len(stay[asked])) && text[from] == stay[asked][from] {
					from++
				}
				from = max(from-100, 0)
				t.Errorf("%s under %s says …%.300s\nand under a stay …%.300s", asked, kind, text[from:], stay[asked][from:])
			}
		}
	}
}
