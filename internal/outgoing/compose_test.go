package outgoing

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"image"
	"image/jpeg"
	"io"
	"math/rand"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"codeberg.org/go-pdf/fpdf"
	"github.com/pdfcpu/pdfcpu/pkg/pdfcpu"
	"pgregory.net/rapid"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/playbook"
)

// must gives a value that a test can't go on without.
func must[T any](t testing.TB, value T, err error) T {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	return value
}

func ghana(t testing.TB) playbook.Pack {
	t.Helper()
	library, err := playbook.Load()
	pack, ok := must(t, library, err).Version("GHA", 1)
	if !ok {
		t.Fatal("no pack for GHA")
	}
	return pack
}

// composition is a good one without documents.
func composition(t testing.TB) Composition {
	t.Helper()
	fields, err := ghana(t).SheetFields()
	c := Composition{
		PackageID: "0190c2a4-6f7e-7c1a-9b54-2f1de04c8a11", Code: "TD-7Q4M2K", Country: "GHA", Pack: "gha/1",
		PreparedOn: calendar.Date{Year: 2026, Month: time.March, Day: 2},
		Office:     Party{"BOS", "Boston Field Office", "1 Example Street, Burlington MA"},
		Post:       Party{"gha-washington", "Embassy of Ghana, consular section", "2 Example Drive NW, Washington DC"},
	}
	for _, field := range must(t, fields, err) {
		c.Sheet = append(c.Sheet, Entry{SheetField: field})
	}
	c.Sheet[0].Value, c.Sheet[1].Value = "Example", "Ana Nguyễn Łucja Анна"
	return c
}

// scan is a sanitised document of pages that each hold an image of some bytes.
func scan(t testing.TB, pages, bytesOfAPage int) []byte {
	t.Helper()
	pdf := fpdf.New("P", "mm", "A4", "")
	random := rand.New(rand.NewSource(int64(pages)))
	for page := range pages {
		side := 64
		for side*side/2 < bytesOfAPage {
			side *= 2
		}
		picture := image.NewGray(image.Rect(0, 0, side, max(1, 3*bytesOfAPage/2/side)))
		random.Read(picture.Pix)
		var file bytes.Buffer
		if err := jpeg.Encode(&file, picture, &jpeg.Options{Quality: 75}); err != nil {
			t.Fatal(err)
		}
		name := fmt.Sprintf("scan %d", page)
		pdf.RegisterImageOptionsReader(name, fpdf.ImageOptions{ImageType: "JPG"}, &file)
		pdf.AddPage()
		pdf.ImageOptions(name, 10, 10, 180, 0, false, fpdf.ImageOptions{ImageType: "JPG"}, 0, "")
	}
	var out bytes.Buffer
	if err := pdf.Output(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func document(id, kind string, listed bool, raw []byte) Document {
	return Document{ID: id, Type: kind, Title: kind, Listed: listed, Open: func() (io.ReadCloser, error) {
		return io.NopCloser(bytes.NewReader(raw)), nil
	}}
}

func hash(raw []byte) string {
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:])
}

// A name on record may be anything; one that could be a sentence is looked at by a second person.
func TestRule03_ADataSheetThatCouldHoldFreeTextIsReviewed(t *testing.T) {
	for value, reviewed := range map[string]bool{"Ana": false, "Ana; she asked for asylum in 2019": true} {
		c := composition(t)
		c.Sheet[1].Value = value
		done, err := Compose(c)
		if must(t, done, err); done.Items[1].Kind != DataSheetKind || done.Items[1].NeedsReview != reviewed {
			t.Errorf("rule 3: %q: %+v", value, done.Items[1])
		}
	}
}

func TestAPackageHoldsItsPartsInOrder(t *testing.T) {
	passport, order := scan(t, 2, 1000), scan(t, 3, 1000)
	c := composition(t)
	c.FreeText = "We enclose what you asked for."
	c.Documents = []Document{document("d1", "passport_copy", true, passport), document("d2", "final_order", false, order)}
	done, err := Compose(c)
	must(t, done, err)
	var parts []string
	for i, item := range done.Items {
		if item.Position != i+1 {
			t.Errorf("item %d stands at %d", item.Position, i+1)
		}
		parts = append(parts, fmt.Sprintf("%s %s %d %v", item.Kind, item.Type, item.Pages, item.NeedsReview))
	}
	want := "cover_letter  1 false|data_sheet  1 false|index  1 false|free_text  1 true|document passport_copy 2 false|document final_order 3 true"
	if got := strings.Join(parts, "|"); got != want {
		t.Errorf("items\n%s\nwant\n%s", got, want)
	}
	if done.Items[4].SHA256 != hash(passport) || done.PDF.SHA256 != hash(done.Bound) || string(done.Content) != hash(done.Written) {
		t.Error("a hash of the manifest is not that of the bytes")
	}
	if ctx, err := pdfcpu.Read(bytes.NewReader(done.Bound), reading()); err != nil || ctx.EnsurePageCount() != nil || ctx.PageCount != 9 || done.Pages != 9 {
		t.Errorf("the PDF can't be read back with 9 pages: %v", err)
	}
}

// The same composition makes the same bytes, whatever the time of day; another
// id changes nothing but the id.
func TestTheSameMakesTheSameBytes(t *testing.T) {
	passport := scan(t, 2, 4000)
	make := func(code, id string) Composed {
		c := composition(t)
		c.Code, c.PackageID = code, id
		c.Documents = []Document{document("d1", "passport_copy", true, passport)}
		done, err := Compose(c)
		return must(t, done, err)
	}
	first := make("TD-7Q4M2K", "0190c2a4-6f7e-7c1a-9b54-2f1de04c8a11")
	for range 10 {
		if again := make("TD-7Q4M2K", "0190c2a4-6f7e-7c1a-9b54-2f1de04c8a11"); !bytes.Equal(first.Bound, again.Bound) || first.Content != again.Content {
			t.Fatal("the same composition makes other bytes")
		}
	}
	other := make("TD-222222", "0190c2a4-6f7e-7c1a-9b54-2f1de04c8aff")
	blanked := bytes.ReplaceAll(other.Bound, []byte("TD-222222"), []byte("TD-7Q4M2K"))
	if !bytes.Equal(first.Bound, blanked) {
		t.Error("packages alike but for their codes differ in more than the code")
	}
}

// What is absent stays blank on the sheet, and the sheet prints every field
// that the country gets: what is left out tells nothing.
func TestWhatIsAbsentStaysBlank(t *testing.T) {
	known, blank := composition(t), composition(t)
	known.Sheet[12].Value = "Kofi Example"
	first, err := Compose(known)
	must(t, first, err)
	second, err := Compose(blank)
	must(t, second, err)
	if a, b := first.Items[1].Fields, second.Items[1].Fields; strings.Join(a, " ") != strings.Join(b, " ") || len(a) != len(blank.Sheet) {
		t.Errorf("fields %v and %v", a, b)
	}
}

func TestWhatCannotBePrintedIsNamed(t *testing.T) {
	c := composition(t)
	c.Sheet[3].Value = "阮"
	var unprintable *UnprintableError
	if _, err := Compose(c); !errors.As(err, &unprintable) || unprintable.Field != "aliases" {
		t.Errorf("Han characters: %v", err)
	}
	c = composition(t)
	c.FreeText = "a\x00b"
	if _, err := Compose(c); !errors.As(err, &unprintable) {
		t.Errorf("control characters: %v", err)
	}
}

func TestWhatIsNoPDFIsNamed(t *testing.T) {
	whole := scan(t, 1, 1000)
	for name, raw := range map[string][]byte{"nothing": {}, "text": []byte("no PDF"), "cut": whole[:len(whole)/3]} {
		c := composition(t)
		c.Documents = []Document{document("d7", "passport_copy", true, raw)}
		var unreadable *UnreadableError
		if _, err := Compose(c); !errors.As(err, &unreadable) || unreadable.Document != "d7" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Nothing but what shows a page comes along, even from a document that was not
// sanitised.
func TestOnlyPagesComeAlong(t *testing.T) {
	pdf := fpdf.New("P", "mm", "A4", "")
	pdf.SetCompression(false)
	pdf.SetTitle("canary-title", false)
	pdf.SetAuthor("canary-author", false)
	pdf.SetXmpMetadata([]byte("<x>canary-xmp</x>"))
	pdf.SetJavascript("app.alert('canary-script')")
	pdf.SetAttachments([]fpdf.Attachment{{Content: []byte("canary-attached"), Filename: "canary-file"}})
	pdf.AddPage()
	pdf.SetFont("Helvetica", "", 12)
	pdf.Cell(40, 10, "shown on the page")
	pdf.LinkString(10, 10, 20, 20, "https://example.org/canary-link")
	pdf.Bookmark("canary-bookmark", 0, 0)
	var raw bytes.Buffer
	if err := pdf.Output(&raw); err != nil {
		t.Fatal(err)
	}
	c := composition(t)
	c.Documents = []Document{document("d1", "passport_copy", true, raw.Bytes())}
	done, err := Compose(c)
	must(t, done, err)
	if !bytes.Contains(raw.Bytes(), []byte("canary-link")) || !bytes.Contains(done.Bound, []byte("shown on the page")) {
		t.Fatal("the page itself is not there")
	}
	for _, hidden := range []string{"canary", "/JavaScript", "/Annots", "/EmbeddedFile", "/Metadata", "/CreationDate", "/Producer", "/ID"} {
		if bytes.Contains(done.Bound, []byte(hidden)) {
			t.Errorf("%s came along", hidden)
		}
	}
}

// Whatever a composition holds, it can be read back with as many pages as the
// manifest says.
func TestAnyPackageCanBeReadBack(t *testing.T) {
	sources := [][]byte{scan(t, 1, 500), scan(t, 2, 500), scan(t, 4, 500)}
	plain := composition(t)
	rapid.Check(t, func(r *rapid.T) {
		c := plain
		c.Sheet = slices.Clone(plain.Sheet)
		for i := range c.Sheet {
			c.Sheet[i].Value = rapid.StringOfN(rapid.RuneFrom([]rune("aZé’ŁжΩ1 -.,()\\\n")), 0, 300, -1).Draw(r, "value")
		}
		for i, n := range rapid.SliceOfN(rapid.IntRange(0, len(sources)-1), 0, 5).Draw(r, "documents") {
			c.Documents = append(c.Documents, document(fmt.Sprint(i), "passport_copy", true, sources[n]))
		}
		done, err := Compose(c)
		if err != nil {
			r.Fatal(err)
		}
		ctx, err := pdfcpu.Read(bytes.NewReader(done.Bound), reading())
		if err != nil || ctx.EnsurePageCount() != nil || ctx.PageCount != done.Pages {
			r.Fatalf("%d pages: %v", done.Pages, err)
		}
	})
}

// largest is a package of 50 pages and 30 MB.
func largest(t testing.TB) Composition {
	c := composition(t)
	for i, pages := range []int{9, 9, 9, 10, 10} {
		c.Documents = append(c.Documents, document(fmt.Sprint(i), "passport_copy", true, scan(t, pages, 850_000)))
	}
	return c
}

func BenchmarkSmallestPackage(b *testing.B) {
	c := composition(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := Compose(c); err != nil {
			b.Fatal(err)
		}
	}
}

// Under 5 s an operation are wanted.
func BenchmarkLargestPackage(b *testing.B) {
	c := largest(b)
	b.ReportAllocs()
	for b.Loop() {
		done, err := Compose(c)
		if err != nil {
			b.Fatal(err)
		}
		b.ReportMetric(float64(len(done.Bound))/1e6, "MB")
		b.ReportMetric(float64(done.Pages), "pages")
	}
}

// A package of 50 pages and 30 MB is made with under 300 MiB. That it takes under
// 5 s is for BenchmarkLargestPackage to show.
func TestTheLargestPackageNeedsLittleMemory(t *testing.T) {
	if raced {
		t.Skip("the race detector takes memory of its own")
	}
	c := largest(t)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	done, err := Compose(c)
	runtime.ReadMemStats(&after)
	must(t, done, err)
	// All that was ever asked for bounds what was held at once.
	asked := (after.TotalAlloc - before.TotalAlloc) >> 20
	t.Logf("%d pages, %d bytes: %d MiB in all", done.Pages, len(done.Bound), asked)
	if done.Pages < 50 || len(done.Bound) < 30e6 {
		t.Errorf("only %d pages and %d bytes", done.Pages, len(done.Bound))
	}
	if asked > 300 {
		t.Errorf("took %d MiB", asked)
	}
}
