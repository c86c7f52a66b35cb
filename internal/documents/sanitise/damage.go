package sanitise

import (
	"bytes"
	"compress/zlib"
	"io"
	"regexp"
)

// packedFirst is the dictionary of a stream that is to be unpacked before
// anything else (ISO 32000-1, 7.4.4).
var packedFirst = regexp.MustCompile(`/Filter\s*\[?\s*/(FlateDecode|Fl)\b`)

// broken tells whether a packed stream of a PDF can't be unpacked to its end, or
// unpacks to something else than what was packed: the renderer shows what it
// has until there, or nothing, and a page that lacks something looks whole.
func broken(content []byte) bool {
	const word = "stream"
	for at := 0; ; {
		next := bytes.Index(content[at:], []byte(word))
		if next < 0 {
			return false
		}
		dictionary := content[at : at+next]
		at += next + len(word)
		dictionary = dictionary[bytes.LastIndex(dictionary, []byte("obj"))+1:]
		if !bytes.HasSuffix(bytes.TrimSpace(dictionary), []byte(">>")) || !packedFirst.Match(dictionary) {
			continue
		}
		packed := bytes.TrimPrefix(bytes.TrimPrefix(content[at:], []byte("\r")), []byte("\n"))
		inflated, err := zlib.NewReader(bytes.NewReader(packed))
		if err == nil {
			_, err = io.Copy(io.Discard, inflated)
		}
		if err != nil {
			return true
		}
	}
}
