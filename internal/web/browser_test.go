package web_test

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/traveldoc/traveldoc/internal/documents/documentstest"
)

// patience bounds everything that a browser is asked for in one test.
const patience = 10 * time.Minute

// chromium finds the browser that scripts/install.sh installs.
func chromium(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	t.Fatal("there is no Chromium: run scripts/install.sh test")
	return ""
}

// tab is one of a real browser, with its complaints.
type tab struct {
	w   *world
	ctx context.Context
	axe string

	mu         sync.Mutex
	complaints []string
	requests   int
	bytes      float64
}

// chrome is the one browser of all tests, started by the first that needs it and
// ended by TestMain. In it each tab has cookies and a cache of its own.
type chrome struct {
	once sync.Once
	ctx  context.Context
	end  func()
	err  error
}

var shared chrome

func (c *chrome) started(t testing.TB) context.Context {
	t.Helper()
	c.once.Do(func() {
		options := []chromedp.ExecAllocatorOption{
			chromedp.ExecPath(chromium(t)),
			chromedp.Flag("headless", "new"), chromedp.Flag("no-sandbox", true), chromedp.Flag("disable-gpu", true),
			chromedp.Flag("no-first-run", true), chromedp.Flag("disable-background-networking", true),
			chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
			chromedp.Flag("disable-dev-shm-usage", true), chromedp.Flag("hide-scrollbars", true),
		}
		allocated, release := chromedp.NewExecAllocator(context.Background(), options...)
		ctx, closeAll := chromedp.NewContext(allocated)
		c.ctx, c.end, c.err = ctx, func() { closeAll(); release() }, chromedp.Do(ctx)
	})
	if c.ctx == nil || c.err != nil {
		t.Fatalf("start the browser: %v", c.err)
	}
	return c.ctx
}

func TestMain(m *testing.M) {
	documentstest.Main(m, func() {
		if shared.end != nil {
			shared.end()
		}
	})
}

// newTab opens a tab with nothing remembered.
func (w *world) newTab() *tab {
	w.t.Helper()
	limited, giveUp := context.WithTimeout(shared.started(w.t), patience)
	ctx, closeTab := chromedp.NewContext(limited, chromedp.WithNewBrowserContext())
	w.t.Cleanup(func() { closeTab(); giveUp() })
	axe, err := os.ReadFile(filepath.Join("testdata", "axe", "axe.min.js"))
	must(w.t, err)
	b := &tab{w: w, ctx: ctx, axe: string(axe)}
	must(w.t, chromedp.Listen(ctx, b.heard))
	_, err = chromedp.Call(ctx, log.Enable, cdp.Empty{})
	must(w.t, err)
	_, err = chromedp.Call(ctx, network.Enable, network.EnableParams{})
	must(w.t, err)
	return b
}

// heard keeps what the console says. That a page answered with its status is no complaint.
func (b *tab) heard(event any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := event.(type) {
	case *log.EventEntryAdded:
		if e.Entry.Source != log.EntrySourceNetwork {
			b.complaints = append(b.complaints, string(e.Entry.Source)+": "+e.Entry.Text)
		}
	case *runtime.EventExceptionThrown:
		b.complaints = append(b.complaints, "exception: "+e.ExceptionDetails.Text)
	case *runtime.EventConsoleAPICalled:
		b.complaints = append(b.complaints, "console: "+string(e.Type))
	case *network.EventResponseReceived:
		if !e.Response.FromDiskCache {
			b.requests++
		}
	case *network.EventRequestServedFromCache:
		b.requests--
	case *network.EventLoadingFinished:
		b.bytes += e.EncodedDataLength
	}
}

func (b *tab) run(steps ...chromedp.Action[chromedp.Void]) {
	b.w.t.Helper()
	if err := chromedp.Do(b.ctx, steps...); err != nil {
		b.w.t.Fatalf("browser: %v\n%s", err, b.w.log.text())
	}
}

// got asks the browser for something.
func got[T any](b *tab, question chromedp.Action[T]) T {
	b.w.t.Helper()
	value, err := chromedp.Run(b.ctx, question)
	if err != nil {
		b.w.t.Fatalf("browser: %v\n%s", err, b.w.log.text())
	}
	return value
}

// signIn signs somebody in by following the link of the sign-in page.
func (b *tab) signIn(user string) {
	b.w.t.Helper()
	b.w.door.user = user
	b.open("/sign-in")
	b.press(`a[href="/sign-in/start"]`)
}

func (b *tab) open(path string) {
	b.w.t.Helper()
	b.run(chromedp.Navigate(b.w.server.URL + path))
}

// press activates what leads to another page, and waits for that.
func (b *tab) press(selector string) {
	b.w.t.Helper()
	if _, err := chromedp.RunResponse(b.ctx, chromedp.Click(chromedp.CSS(selector))); err != nil {
		b.w.t.Fatalf("press %s: %v", selector, err)
	}
}

func evaluate[T any](b *tab, script string) T {
	b.w.t.Helper()
	return got(b, chromedp.Evaluate[T](script, chromedp.EvalAwaitPromise))
}

const askAxe = `axe.run(document, {resultTypes: ["violations"], runOnly: {type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]}})
  .then((r) => r.violations.map((v) => v.id + ": " + v.nodes.map((n) => n.target.join(" ") + " (" + n.failureSummary + ")").join("; ")))`

// examine holds the page as it stands against all that every page must keep,
// wide and narrow. TRAVELDOC_SCREENSHOTS names a folder to keep pictures in.
func (b *tab) examine(name string) {
	b.w.t.Helper()
	evaluate[any](b, b.axe+";0")
	for _, width := range []int64{1280, 320} {
		b.run(chromedp.EmulateViewport(width, 900))
		where := fmt.Sprintf("%s at %d px", name, width)
		for _, violation := range evaluate[[]string](b, askAxe) {
			b.w.t.Errorf("%s: axe: %s", where, violation)
		}
		if wide := evaluate[int](b, "document.documentElement.scrollWidth - document.documentElement.clientWidth"); wide > 0 {
			b.w.t.Errorf("%s: scrolls sideways by %d px", where, wide)
		}
		if small := evaluate[[]string](b, smallTargets); len(small) > 0 {
			b.w.t.Errorf("%s: targets under 24 px: %v", where, small)
		}
		b.picture(fmt.Sprintf("%s-%d.png", name, width))
	}
	b.run(chromedp.EmulateViewport(1280, 900))
	b.mu.Lock()
	for _, complaint := range b.complaints {
		b.w.t.Errorf("%s: %s", name, complaint)
	}
	b.complaints = nil
	b.mu.Unlock()
	title, address := got(b, chromedp.Title()), got(b, chromedp.Location())
	for _, personal := range []string{"Exampleton", "Kofi", "1990", "ORDER-77"} {
		if strings.Contains(title, personal) || strings.Contains(address, personal) {
			b.w.t.Errorf("%s: %q at %s tells %s", name, title, address, personal)
		}
	}
	if !strings.HasSuffix(title, "traveldoc") {
		b.w.t.Errorf("%s is titled %q", name, title)
	}
}

// smallTargets finds buttons, entries and links outside of sentences that are
// lower than 24 px (WCAG 2.5.8 excepts links in sentences).
const smallTargets = `[...document.querySelectorAll("button, select, input:not([type=hidden]):not([type=radio]), nav a, header a, footer a, summary")]
  .filter((e) => e.offsetParent && e.getBoundingClientRect().height < 24).map((e) => e.outerHTML.slice(0, 80))`

func (b *tab) picture(name string) {
	folder := os.Getenv("TRAVELDOC_SCREENSHOTS")
	if folder == "" {
		return
	}
	must(b.w.t, os.WriteFile(filepath.Join(folder, name), got(b, chromedp.FullScreenshot(100)), 0o600))
}

// forgetCache makes the next page the first one.
func (b *tab) forgetCache() {
	b.w.t.Helper()
	_, err := chromedp.Call(b.ctx, network.ClearBrowserCache, cdp.Empty{})
	must(b.w.t, err)
}

func (b *tab) text(selector string) string {
	b.w.t.Helper()
	quoted, err := json.Marshal(selector)
	must(b.w.t, err)
	return evaluate[string](b, "document.querySelector("+string(quoted)+")?.innerText ?? ''")
}
