package documentstest

import (
	"bytes"
	"fmt"
	"strings"
)

// PDF writes files for tests, well-formed or not, object by object. Object 1 is
// the catalogue and 2 the root of the pages, whoever writes them.
type PDF struct {
	bytes.Buffer
	offsets map[int]int
	last    int // start of the last table
}

// NewPDF is a file with its header alone.
func NewPDF() *PDF {
	p := &PDF{offsets: map[int]int{}}
	p.WriteString("%PDF-1.7\n")
	return p
}

// Object writes an object.
func (p *PDF) Object(number int, body string) {
	p.offsets[number] = p.Len()
	fmt.Fprintf(p, "%d 0 obj\n%s\nendobj\n", number, body)
}

// Stream writes a stream with further entries of its dictionary.
func (p *PDF) Stream(number int, entries, content string) {
	p.Object(number, fmt.Sprintf("<<%s/Length %d>>\nstream\n%s\nendstream", entries, len(content), content))
}

// Close writes the table of what was written since the last one, with further
// entries of the trailer, and gives the file.
func (p *PDF) Close(entries string) []byte {
	start, size := p.Len(), 0
	p.WriteString("xref\n0 1\n0000000000 65535 f \n")
	for number := range p.offsets {
		size = max(size, number)
	}
	for number := 1; number <= size; number++ {
		if offset, written := p.offsets[number]; written {
			fmt.Fprintf(p, "%d 1\n%010d 00000 n \n", number, offset)
		}
	}
	if p.last > 0 {
		entries += fmt.Sprintf("/Prev %d", p.last)
	}
	fmt.Fprintf(p, "trailer\n<</Size %d/Root 1 0 R%s>>\nstartxref\n%d\n%%%%EOF\n", size+1, entries, start)
	p.last, p.offsets = start, map[int]int{}
	return bytes.Clone(p.Bytes())
}

// Tree writes catalogue and root of the pages; pages are objects 10, 20, 30 and so on.
func (p *PDF) Tree(pages int, entries string) {
	kids := []string{}
	for i := range pages {
		kids = append(kids, fmt.Sprintf("%d 0 R", 10*(i+1)))
	}
	p.Object(1, "<</Type/Catalog/Pages 2 0 R"+entries+">>")
	p.Object(2, fmt.Sprintf("<</Type/Pages/Count %d/Kids[%s]>>", pages, strings.Join(kids, " ")))
}

// Page writes a page of US letter, or of another box, with a line of text on it.
func (p *PDF) Page(number int, box, content, entries string) {
	if box == "" {
		box = "0 0 612 792"
	}
	p.Object(number, fmt.Sprintf("<</Type/Page/Parent 2 0 R/MediaBox[%s]/Contents %d 0 R"+
		"/Resources<</Font<</F <</Type/Font/Subtype/Type1/BaseFont/Helvetica>>>>>>%s>>", box, number+1, entries))
	p.Stream(number+1, "", content)
}

// Line is a content that shows text at a place, with operators before it.
func Line(operators, text string, x, y int) string {
	return fmt.Sprintf("BT /F 24 Tf %s %d %d Td (%s) Tj ET\n", operators, x, y, text)
}

// Plain is a good PDF of so many pages, each with a line of text.
func Plain(pages int, text string) []byte {
	p := NewPDF()
	p.Tree(pages, "")
	for i := range pages {
		p.Page(10*(i+1), "", Line("", text, 72, 700), "")
	}
	return p.Close("")
}
