package sanitise

import (
	"bytes"
	"compress/zlib"
	"io"
	"regexp"
)

// What a stream is to be unpacked from before anything else (ISO 32000-1, 7.4).
var (
	packedFirst  = regexp.MustCompile(`/Filter\s*\[?\s*/(FlateDecode|Fl)\b`)
	pictureFirst = regexp.MustCompile(`/Filter\s*\[?\s*/(DCTDecode|DCT)\b`)
)

// broken tells whether a stream of a PDF can't be unpacked to its end, or unpacks
// to something else than what was packed: the renderer shows what it has until
// there, or nothing, and a page that lacks something looks whole. A JPEG has no
// checksum: one that goes on to its end is taken for what it shows.
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
		if !bytes.HasSuffix(bytes.TrimSpace(dictionary), []byte(">>")) {
			continue
		}
		data := bytes.TrimPrefix(bytes.TrimPrefix(content[at:], []byte("\r")), []byte("\n"))
		if packedFirst.Match(dictionary) && !inflates(data) || pictureFirst.Match(dictionary) && !pictured(data) {
			return true
		}
	}
}

func inflates(packed []byte) bool {
	inflated, err := zlib.NewReader(bytes.NewReader(packed))
	if err == nil {
		_, err = io.Copy(io.Discard, inflated)
	}
	return err == nil
}

// pictured tells whether a JPEG goes on to its end within its stream.
func pictured(data []byte) bool {
	data, _, ended := bytes.Cut(data, []byte("endstream"))
	if !ended || mediaType(data) != JPEG {
		return false
	}
	_, whole := jpegEnd(data)
	return whole
}
