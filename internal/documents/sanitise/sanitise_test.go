package sanitise_test

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/internal/documents/documentstest"
	"github.com/traveldoc/traveldoc/internal/documents/sanitise"
)

func TestMain(m *testing.M) { documentstest.Main(m) }

func FuzzSniff(f *testing.F) {
	f.Add([]byte("%PDF-1.7\n%%EOF\n"))
	f.Add([]byte("\xff\xd8\xff\xe1\x00\x04ab\xff\xda\x00\x02xx\xff\x00\xff\xd0\xff\xd9"))
	f.Add([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x00IEND\x00\x00\x00\x00"))
	f.Add(documentstest.Plain(1, "x"))
	f.Fuzz(func(t *testing.T, content []byte) {
		media, err := sanitise.Sniff(content)
		var refusal *sanitise.Refusal
		if err != nil && (!errors.As(err, &refusal) || refusal.Reason == "" || media != "") {
			t.Fatalf("%q, %v", media, err)
		}
		if err != nil {
			return
		}
		for _, behind := range []string{"x", "<html>", "\xff\xd9x", "%PDF-1.7"} {
			if media, err := sanitise.Sniff(append(bytes.Clone(content), behind...)); err == nil {
				t.Fatalf("%s with %q behind it is taken", media, behind)
			}
		}
	})
}

// turnedPhotograph is dark in its first quarter, with the tag Orientation.
func turnedPhotograph(t *testing.T, orientation byte) []byte {
	t.Helper()
	return photographWith(t, "MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00"+string(rune(orientation))+"\x00\x00\x00\x00\x00\x00")
}

// photographWith is the same with a TIFF for its Exif.
func photographWith(t *testing.T, tiff string) []byte {
	t.Helper()
	m := image.NewGray(image.Rect(0, 0, 200, 100))
	for y := range 100 {
		for x := range 200 {
			m.SetGray(x, y, color.Gray{Y: 255})
			if x < 100 && y < 50 {
				m.SetGray(x, y, color.Gray{})
			}
		}
	}
	var out bytes.Buffer
	if err := jpeg.Encode(&out, m, nil); err != nil {
		t.Fatal(err)
	}
	exif := "Exif\x00\x00" + tiff
	segment := "\xff\xe1\x00" + string(rune(len(exif)+2)) + exif
	return append([]byte("\xff\xd8"+segment), out.Bytes()[2:]...)
}

// A picture is shown as its camera was held, and nothing else is taken from what goes with it.
func TestPicturesAreTurnedUpright(t *testing.T) {
	// The corner, of top left, top right, bottom right and bottom left, that is dark once upright (Exif 2.3, 4.6.4).
	for orientation, dark := range map[byte]int{1: 0, 2: 1, 3: 2, 4: 3, 5: 0, 6: 1, 7: 2, 8: 3} {
		page := onePage(t, file(t, turnedPhotograph(t, orientation)))
		if got := darkCorner(page); got != dark {
			t.Errorf("orientation %d: corner %d is dark, want %d", orientation, got, dark)
		}
	}
}

// Little-endian cameras are heard; a tag without sense or behind the end turns nothing.
func TestWhatMakesNoSenseTurnsNothing(t *testing.T) {
	for name, c := range map[string]struct {
		tiff string
		dark int
	}{
		"little-endian":         {"II\x2a\x00\x08\x00\x00\x00\x01\x00\x12\x01\x03\x00\x01\x00\x00\x00\x03\x00\x00\x00\x00\x00\x00\x00", 2},
		"no such orientation":   {"MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x09\x00\x00\x00\x00\x00\x00", 0},
		"orientation nought":    {"MM\x00\x2a\x00\x00\x00\x08\x00\x01\x01\x12\x00\x03\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00", 0},
		"directory beyond it":   {"MM\x00\x2a\x00\x00\x00\x20\x00\x00", 0},
		"more entries than fit": {"MM\x00\x2a\x00\x00\x00\x08\xff\xff\x00\x00", 0},
	} {
		if got := darkCorner(onePage(t, file(t, photographWith(t, c.tiff)))); got != c.dark {
			t.Errorf("%s: corner %d is dark, want %d", name, got, c.dark)
		}
	}
}

// What can be seen through lies on white paper.
func TestWhatCanBeSeenThroughIsWhite(t *testing.T) {
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewNRGBA(image.Rect(0, 0, 40, 40))); err != nil {
		t.Fatal(err)
	}
	page := onePage(t, file(t, out.Bytes()))
	if r, _, _, _ := page.At(page.Bounds().Dx()/2, page.Bounds().Dy()/2).RGBA(); r < 0xf000 {
		t.Errorf("it is %#x", r)
	}
}

// The end of a file is found by its structure, whatever its bytes look like.
func TestTheEndIsFound(t *testing.T) {
	const head = "\x89PNG\r\n\x1a\n"
	scan := "\xff\xd8\xff\xda\x00\x02"
	for name, c := range map[string]struct{ content, media string }{
		"every restart marker":     {scan + "a\xff\xd0a\xff\xd1a\xff\xd2a\xff\xd3a\xff\xd4a\xff\xd5a\xff\xd6a\xff\xd7a\xff\x00\xff\xd9", sanitise.JPEG},
		"two scans":                {scan + "a\xff\xda\x00\x02a\xff\xd9", sanitise.JPEG},
		"an end within a segment":  {"\xff\xd8\xff\xe0\x00\x04\xff\xd9\xff\xd9", sanitise.JPEG},
		"no marker, blanks":        {"\xff\xd8\xff\xe0\x00\x02  \n", ""},
		"a scan without an end":    {scan + "aaaa", ""},
		"an end longer than it is": {head + "\x00\x00\x00\x0aIEND\x00\x00\x00\x00", ""},
		"an end with content":      {head + "\x00\x00\x00\x01IENDx\x00\x00\x00\x00", sanitise.PNG},
		"an end, then blanks":      {head + "\x00\x00\x00\x00IEND\x00\x00\x00\x00\r\n \x00", sanitise.PNG},
	} {
		if media, err := sanitise.Sniff([]byte(c.content)); media != c.media || (err == nil) != (c.media != "") {
			t.Errorf("%s: %q, %v", name, media, err)
		}
	}
}

// Pages are rendered and encoded at once: they stay whole and in order.
func TestPagesStayInOrder(t *testing.T) {
	p := documentstest.NewPDF()
	p.Tree(4, "")
	for i := range 4 {
		p.Page(10*(i+1), fmt.Sprintf("0 0 %d 100", 100*(i+1)), documentstest.Line("", fmt.Sprintf("page %d", i+1), 10, 50), "")
	}
	var out bytes.Buffer
	report, err := sanitise.File(documentstest.Limits(), documentstest.Sandbox(t).Cache, bytes.NewReader(p.Close("")), &out)
	if err != nil || report.Pages != 4 || report.Text != "page 1\npage 2\npage 3\npage 4\n" {
		t.Fatalf("%+v, %v", report, err)
	}
	again := file(t, out.Bytes())
	rest := string(again)
	for i := range 4 {
		box := fmt.Sprintf("/MediaBox[0 0 %d", 100*(i+1))
		_, after, found := strings.Cut(rest, box)
		if !found {
			t.Fatalf("page %d is not in its place", i+1)
		}
		rest = after
	}
}

// The process itself takes no more than it was told, whoever feeds it.
func TestAFileAboveTheLimitIsNotRead(t *testing.T) {
	limits := documentstest.Limits()
	limits.Bytes = 100
	var refusal *sanitise.Refusal
	_, err := sanitise.File(limits, "", bytes.NewReader(turnedPhotograph(t, 1)), io.Discard)
	if !errors.As(err, &refusal) || refusal.Reason != sanitise.TooLarge {
		t.Errorf("got %v", err)
	}
}

// file sanitises within this process.
func file(t *testing.T, content []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	if _, err := sanitise.File(documentstest.Limits(), documentstest.Sandbox(t).Cache, bytes.NewReader(content), &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// onePage renders a sanitised PDF once more, and gives the picture of its page.
func onePage(t *testing.T, pdf []byte) image.Image {
	t.Helper()
	again := file(t, pdf)
	start := bytes.Index(again, []byte("\xff\xd8\xff"))
	m, err := jpeg.Decode(bytes.NewReader(again[start:]))
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// darkCorner of the paper is where what is on it lies.
func darkCorner(m image.Image) int {
	box, size := image.Rectangle{}, m.Bounds().Size()
	for y := range size.Y {
		for x := range size.X {
			if r, _, _, _ := m.At(x, y).RGBA(); r < 0x4000 {
				box = box.Union(image.Rect(x, y, x+1, y+1))
			}
		}
	}
	middle := box.Min.Add(box.Max).Div(2)
	right, low := middle.X > size.X/2, middle.Y > size.Y/2
	return slices.Index([]bool{!right && !low, right && !low, right && low, !right && low}, true)
}
