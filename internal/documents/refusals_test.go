package documents_test

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"crypto/md5"
	"crypto/rc4"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/jpeg"
	"image/png"
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/internal/documents"
	"github.com/traveldoc/traveldoc/internal/documents/documentstest"
)

func photograph(w, h int) []byte {
	var out bytes.Buffer
	if err := jpeg.Encode(&out, image.NewGray(image.Rect(0, 0, w, h)), nil); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func drawing(w, h int) []byte {
	var out bytes.Buffer
	if err := png.Encode(&out, image.NewGray(image.Rect(0, 0, w, h))); err != nil {
		panic(err)
	}
	return out.Bytes()
}

func archived() []byte { return archivedAs("") }

// archivedAs is an archive that ends with a comment.
func archivedAs(comment string) []byte {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	_ = w.SetComment(comment)
	file, _ := w.Create("invented.txt")
	_, _ = file.Write([]byte("invented"))
	_ = w.Close()
	return out.Bytes()
}

// claims is a PNG whose header claims a size that its data never fills.
func claims(w, h uint32) []byte {
	made := drawing(1, 1)
	binary.BigEndian.PutUint32(made[16:], w)
	binary.BigEndian.PutUint32(made[20:], h)
	binary.BigEndian.PutUint32(made[29:], crc32.ChecksumIEEE(made[12:29]))
	return made
}

func page(box, content, entries string) []byte {
	p := documentstest.NewPDF()
	p.Tree(1, "")
	p.Page(10, box, content, entries)
	return p.Close("")
}

func pageless() []byte {
	p := documentstest.NewPDF()
	p.Tree(0, "")
	return p.Close("")
}

// locked is encrypted under an empty password: every programme opens it.
func locked() []byte {
	p := documentstest.NewPDF()
	p.Tree(1, "")
	p.Page(10, "", documentstest.Line("", "x", 72, 700), "")
	p.Object(90, "<</Filter/Standard/V 1/R 2/P -4/O<"+strings.Repeat("ab", 32)+">/U<"+strings.Repeat("cd", 32)+">>>")
	return p.Close("/Encrypt 90 0 R/ID[<00><00>]")
}

// opening is truly encrypted under an empty password (ISO 32000-1, 7.6.3.3,
// revision 2), so that programmes show it without asking.
func opening() []byte {
	pad := []byte("\x28\xbf\x4e\x5e\x4e\x75\x8a\x41\x64\x00\x4e\x56\xff\xfa\x01\x08\x2e\x2e\x00\xb6\xd0\x68\x3e\x80\x2f\x0c\xa9\xfe\x64\x53\x69\x7a")
	under := func(key [md5.Size]byte) string {
		cipher, err := rc4.NewCipher(key[:5])
		if err != nil {
			panic(err)
		}
		sealed := make([]byte, len(pad))
		cipher.XORKeyStream(sealed, pad)
		return string(sealed)
	}
	owner := under(md5.Sum(pad))
	user := under(md5.Sum([]byte(string(pad) + owner + "\xfc\xff\xff\xff\x00")))
	p := documentstest.NewPDF()
	p.Tree(1, "")
	p.Page(10, "", "", "")
	p.Object(90, fmt.Sprintf("<</Filter/Standard/V 1/R 2/P -4/O<%x>/U<%x>>>", owner, user))
	return p.Close("/Encrypt 90 0 R/ID[<00><00>]")
}

// packed is so many megabytes of zeros, packed so many times.
func packed(megabytes, times int) string {
	content := make([]byte, megabytes<<20)
	for range times {
		var out bytes.Buffer
		z, _ := zlib.NewWriterLevel(&out, zlib.BestSpeed)
		_, _ = z.Write(content)
		_ = z.Close()
		content = out.Bytes()
	}
	return string(content)
}

// beyond is more megabytes than the largest picture takes: see documentstest.Limits.
const beyond = 50

// drawn is a page with a picture on it, as its entries say.
func drawn(entries, content string) []byte {
	p := documentstest.NewPDF()
	p.Tree(1, "")
	p.Object(10, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 11 0 R/Resources<</XObject<</I 12 0 R>>>>>>")
	p.Stream(11, "", "q 612 0 0 792 0 0 cm /I Do Q")
	p.Stream(12, "/Type/XObject"+entries, content)
	return p.Close("")
}

// photographed are the entries of a photograph on a page.
const photographed = "/Subtype/Image/Width 200/Height 200/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/DCTDecode"

// nested is a page with a form on it that draws a picture of four gigapixels.
func nested() []byte {
	p := documentstest.NewPDF()
	p.Tree(1, "")
	p.Object(10, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 11 0 R/Resources<</XObject<</I 12 0 R>>>>>>")
	p.Stream(11, "", "/I Do")
	p.Stream(12, "/Type/XObject/Subtype/Form/BBox[0 0 612 792]/Resources<</XObject<</J 13 0 R>>>>", "q 600 0 0 600 0 0 cm /J Do Q")
	p.Stream(13, "/Type/XObject/Subtype/Image/Width 65000/Height 65000/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/DCTDecode", string(photograph(9, 9)))
	return p.Close("")
}

// written is a page whose content is packed.
func written(content string) []byte {
	p := documentstest.NewPDF()
	p.Tree(1, "")
	p.Object(10, "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 11 0 R>>")
	p.Stream(11, "/Filter/FlateDecode", content)
	return p.Close("")
}

// damaged is packed content of which one byte in the middle is another.
func damaged(content string) string {
	made := []byte(content)
	made[len(made)/2] ^= 0x10
	return string(made)
}

// altered is a photograph of which the last byte but ten is another.
func altered(photo []byte) string {
	photo[len(photo)-10] ^= 0x10
	return string(photo)
}

// Each file is refused with its own reason, and nothing of it is kept.
func TestHostileFilesAreRefused(t *testing.T) {
	w := newWorld(t)
	good := documentstest.Plain(2, "good")
	join := func(parts ...[]byte) []byte { return bytes.Join(parts, nil) }
	line := strings.Repeat(documentstest.Line("", "invented words", 72, 700), 20)
	broken := bytes.Clone(good)
	copy(broken[bytes.LastIndex(broken, []byte("xref\n0 1")):], "xxxx")
	for name, each := range map[string]struct {
		content []byte
		reason  string
	}{
		"nothing":                                {nil, "document_empty"},
		"text":                                   {[]byte("Dear Sir or Madam"), "document_type_unknown"},
		"HTML":                                   {[]byte("<html><script>alert(1)</script>"), "document_type_unknown"},
		"a programme":                            {[]byte("\x7fELF\x02\x01\x01"), "document_type_unknown"},
		"an archive":                             {archived(), "document_type_unknown"},
		"a GIF":                                  {[]byte("GIF89a\x01\x00\x01\x00"), "document_type_unknown"},
		"SVG":                                    {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), "document_type_unknown"},
		"PostScript":                             {[]byte("%!PS-Adobe-3.0\n"), "document_type_unknown"},
		"junk before a PDF":                      {join([]byte("junk\n"), good), "document_ambiguous"},
		"HTML before a PDF":                      {join([]byte("<html>"), good), "document_ambiguous"},
		"a PDF and an archive":                   {join(good, archived()), "document_ambiguous"},
		"HTML behind a PDF":                      {join(good, []byte("<script>alert(1)</script>")), "document_ambiguous"},
		"HTML behind a JPEG":                     {join(photograph(20, 20), []byte("<script>alert(1)</script>")), "document_ambiguous"},
		"an archive behind a JPEG":               {join(photograph(20, 20), archived()), "document_ambiguous"},
		"a second picture":                       {join(photograph(20, 20), photograph(20, 20)), "document_ambiguous"},
		"an archive behind a PNG":                {join(drawing(20, 20), archived()), "document_ambiguous"},
		"a PDF behind a PNG":                     {join(drawing(20, 20), good), "document_ambiguous"},
		"a PDF that ends early":                  {good[:len(good)/2], "document_damaged"},
		"a JPEG that ends early":                 {photograph(200, 200)[:300], "document_damaged"},
		"a PNG that ends early":                  {drawing(200, 200)[:60], "document_damaged"},
		"a PNG with a wrong checksum":            {bytes.Replace(drawing(9, 9), []byte("IDAT"), []byte("IDAX"), 1), "document_damaged"},
		"a header alone":                         {[]byte("%PDF-1.7\n"), "document_damaged"},
		"a header and an end":                    {[]byte("%PDF-1.7\n%%EOF\n"), "document_damaged"},
		"a PDF without its table":                {broken, "document_damaged"},
		"a content with one byte changed":        {written(damaged(deflated(line))), "document_damaged"},
		"a content that ends early":              {written(deflated(line)[:40]), "document_damaged"},
		"a content that is not packed":           {written(line), "document_damaged"},
		"a picture with one byte changed":        {drawn("/Subtype/Image/Width 600/Height 800/BitsPerComponent 8/ColorSpace/DeviceGray/Filter [ /FlateDecode ]", damaged(deflated(strings.Repeat(line, 9)))), "document_damaged"},
		"a photograph on a page ends early":      {drawn(photographed, string(photograph(200, 200)[:300])), "document_damaged"},
		"a photograph on a page without its end": {drawn(photographed, strings.TrimSuffix(string(photograph(200, 200)), "\xff\xd9")), "document_damaged"},
		"a photograph on a page that is none":    {drawn(photographed, line), "document_damaged"},
		"JPEG markers alone":                     {[]byte("\xff\xd8\xff\xd9"), "document_damaged"},
		"an encrypted PDF":                       {locked(), "document_encrypted"},
		"a PDF that opens without a password":    {opening(), "document_encrypted"},
		"an archive that ends as a PDF":          {join(good, archivedAs("%%EOF\n")), "document_ambiguous"},
		"a PDF without pages":                    {pageless(), "document_without_pages"},
		"61 pages":                               {documentstest.Plain(61, "x"), "document_pages"},
		"a huge page":                            {page("0 0 14400 14400", "", ""), "document_page_size"},
		"a page without width":                   {page("0 0 0.1 792", "", ""), "document_page_size"},
		"a PNG of four gigapixels":               {claims(65000, 65000), "document_page_size"},
		"a PNG longer than paper":                {claims(1<<31-1, 1), "document_page_size"},
		"a JPEG above the limit":                 {photograph(4000, 3001), "document_page_size"},
		"a picture that swells":                  {drawn("/Subtype/Image/Width 600/Height 800/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/FlateDecode", packed(beyond, 1)), "document_too_heavy"},
		"a picture packed twice":                 {drawn("/Subtype/Image/Width 600/Height 800/BitsPerComponent 8/ColorSpace/DeviceGray/Filter[/FlateDecode/FlateDecode]", packed(beyond, 2)), "document_too_heavy"},
		"a picture packed five times":            {written(packed(1, 6)), "document_too_heavy"},
		"a content that swells":                  {written(packed(beyond, 1)), "document_too_heavy"},
		"a picture of four gigapixels":           {drawn("/Subtype/Image/Width 65000/Height 65000/BitsPerComponent 8/ColorSpace/DeviceGray/Filter/DCTDecode", string(photograph(9, 9))), "document_page_size"},
		"a fax of four gigapixels":               {drawn("/Subtype/Image/Width 65000/Height 65000/BitsPerComponent 1/ColorSpace/DeviceGray/Filter/CCITTFaxDecode", "\x00\x01"), "document_page_size"},
		"a picture within a form":                {nested(), "document_page_size"},
		"a file above the limit":                 {join(good, make([]byte, 8<<20)), "document_too_large"},
	} {
		received, err := w.receive(each.content)
		if got := reason(err); got == "" || !strings.Contains(each.reason, got) {
			t.Errorf("%s: %+v, %v; want %s", name, received, err, each.reason)
		}
		w.nothingLeft(name)
	}
	// A JPEG has no checksum: what it shows with a byte changed is what it shows.
	if got := w.add(drawn(photographed, altered(photograph(200, 200)))); got.Pages != 1 {
		t.Errorf("a photograph of which a byte was changed has %d pages", got.Pages)
	}
	if got := w.add(written(deflated(line))); got.Pages != 1 {
		t.Errorf("a packed content that is whole has %d pages", got.Pages)
	}
	if got := w.add(good); got.Pages != 2 {
		t.Errorf("after all that a good file has %d pages", got.Pages)
	}
}

// A file that breaks the process that reads it, or never lets it go, harms nothing.
func TestWhatBreaksTheReaderIsARefusal(t *testing.T) {
	w := newWorld(t)
	good := documentstest.Plain(1, "good")
	for how, want := range map[string]string{
		"crash": "document_unreadable", "signal": "document_unreadable", "hang": "document_too_heavy", "spin": "document_too_heavy",
		"hoard": "document_too_heavy", "babble": "document_unreadable", "silence": "document_unreadable", "flood": "document_too_large",
		"lie": "document_unreadable",
	} {
		files := w.with(func(s *documents.Sandbox) {
			s.Program = misbehaving(t, how)
			s.Wall = deadline(how)
			s.Limits.Seconds = 1
		})
		_, err := files.Receive(t.Context(), w.person, bytes.NewReader(good))
		if got := reason(err); got != want {
			t.Errorf("%s: %v, want %s", how, err, want)
		}
		w.nothingLeft(how)
	}
	broken := w.with(func(s *documents.Sandbox) { s.Program = []string{"/nonexistent/traveldoc"} })
	if _, err := broken.Receive(t.Context(), w.person, bytes.NewReader(good)); err == nil || reason(err) != "" {
		t.Errorf("no programme: %v", err)
	}
	w.nothingLeft("no programme")
	if got := w.add(good); got.Pages != 1 {
		t.Errorf("after all that a good file has %d pages", got.Pages)
	}
}
