// Package sanitise makes of a file that anybody may have sent a PDF that holds
// pictures of pages and nothing else: what cannot be seen on a page is not in
// it. It runs in a process of its own, which has no keys, no database and no
// environment, and which whoever started it may end at any moment.
//
// The file comes in by standard input, the PDF goes out by standard output and
// the Report by standard error.
package sanitise

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

// Command is the name under which a binary runs Main.
const Command = "sanitise"

// Reason is why a file is refused. It is part of a problem's type and stays.
type Reason string

// The reasons.
const (
	Empty       Reason = "document_empty"
	UnknownType Reason = "document_type_unknown" // neither PDF, JPEG nor PNG by its content
	TooLarge    Reason = "document_too_large"    // bytes
	Damaged     Reason = "document_damaged"
	Encrypted   Reason = "document_encrypted"
	Ambiguous   Reason = "document_ambiguous" // another kind of file too, or something before or behind it
	NoPages     Reason = "document_without_pages"
	Pages       Reason = "document_pages"     // more pages than the limit
	PageSize    Reason = "document_page_size" // a page or picture beyond the limit of pixels
	TooHeavy    Reason = "document_too_heavy" // took more memory or time than it may
	Unreadable  Reason = "document_unreadable"
)

// Refusal is a file that is not taken.
type Refusal struct{ Reason Reason }

// Error names the reason alone.
func (r *Refusal) Error() string { return string(r.Reason) }

func refuse(reason Reason) error { return &Refusal{Reason: reason} }

// Limits of one file. All are above zero.
type Limits struct {
	Bytes  int64 // of the file
	Pages  int
	Pixels int // of one page as rendered, or of one picture
	// Memory of the process in bytes; its data may take no more.
	Memory int64
	// Seconds of processor time.
	Seconds int
}

// Report is what a process says of the file that it read. Refused is empty when
// the PDF that it wrote is whole.
type Report struct {
	Refused   Reason `json:"refused,omitempty"`
	MediaType string `json:"media_type,omitempty"`
	Pages     int    `json:"pages,omitempty"`
	// Dropped counts annotations and form fields, which are on no page any more.
	Dropped int    `json:"dropped,omitempty"`
	Text    string `json:"text,omitempty"` // what can be read on the pages, as far as the file tells
}

// Arguments are those that Main takes for these limits. Cache is a folder for
// the compiled renderer, or empty.
func (l Limits) Arguments(cache string) []string {
	return []string{
		Command, fmt.Sprintf("-bytes=%d", l.Bytes), fmt.Sprintf("-pages=%d", l.Pages), fmt.Sprintf("-pixels=%d", l.Pixels),
		fmt.Sprintf("-memory=%d", l.Memory), fmt.Sprintf("-seconds=%d", l.Seconds), "-cache=" + cache,
	}
}

// Divert makes this process the sanitiser if it was started as one. It is called
// first thing in main, and in TestMain of tests that upload documents.
func Divert() {
	if len(os.Args) > 1 && os.Args[1] == Command {
		os.Exit(Main(os.Args[2:], os.Stdin, os.Stdout, os.Stderr))
	}
}

// collectAt keeps the heap small: the process lives for one file.
const collectAt = 25

// Failed is Main's result when it could not work at all, which says nothing of the file.
const Failed = 1

// Main is the process: args are those behind the command's name. Its result is
// the exit code.
func Main(args []string, in io.Reader, out, report io.Writer) int {
	limits, cache, err := parse(args)
	if err != nil {
		return Failed
	}
	debug.SetGCPercent(collectAt)
	if err := confine(limits); err != nil {
		return Failed
	}
	found, err := File(limits, cache, in, out)
	var refused *Refusal
	switch {
	case errors.As(err, &refused):
		found = Report{Refused: refused.Reason}
	case err != nil:
		return Failed
	}
	if json.NewEncoder(report).Encode(found) != nil {
		return Failed
	}
	return 0
}

func parse(args []string) (limits Limits, cache string, err error) {
	flags := flag.NewFlagSet(Command, flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.Int64Var(&limits.Bytes, "bytes", 0, "")
	flags.IntVar(&limits.Pages, "pages", 0, "")
	flags.IntVar(&limits.Pixels, "pixels", 0, "")
	flags.Int64Var(&limits.Memory, "memory", 0, "")
	flags.IntVar(&limits.Seconds, "seconds", 0, "")
	flags.StringVar(&cache, "cache", "", "")
	if err := flags.Parse(args); err != nil {
		return limits, "", fmt.Errorf("read arguments: %w", err)
	}
	if limits.Bytes <= 0 || limits.Pages <= 0 || limits.Pixels <= 0 || limits.Memory <= 0 || limits.Seconds <= 0 {
		return limits, "", errors.New("read arguments: a limit is missing")
	}
	return limits, cache, nil
}

// File sanitises one file within this process. Errors other than a *Refusal
// are failures of reading and writing.
func File(limits Limits, cache string, in io.Reader, out io.Writer) (Report, error) {
	content, err := io.ReadAll(io.LimitReader(in, limits.Bytes+1))
	if err != nil {
		return Report{}, fmt.Errorf("read file: %w", err)
	}
	if int64(len(content)) > limits.Bytes {
		return Report{}, refuse(TooLarge)
	}
	kind, err := Sniff(content)
	if err != nil {
		return Report{}, err
	}
	if kind == PDF {
		return pages(limits, cache, content, out)
	}
	return picture(limits, kind, content, out)
}
