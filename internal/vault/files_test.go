package vault_test

import (
	"bytes"
	"errors"
	"io"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/internal/vault"
)

// sealed is a file longer than one segment of the cipher.
func (w *world) sealed(f vault.File, content []byte) []byte {
	w.t.Helper()
	var out bytes.Buffer
	err := w.transact(func(tx pgx.Tx) error {
		file, err := w.vault.Writer(w.t.Context(), tx, f, &out)
		if err != nil {
			return err
		}
		_, err = file.Write(content)
		return errors.Join(err, file.Close())
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return out.Bytes()
}

func (w *world) unsealed(f vault.File, sealed []byte) ([]byte, error) {
	opened, err := w.vault.Reader(w.t.Context(), w.pool, f, bytes.NewReader(sealed))
	if err != nil {
		return nil, err
	}
	return io.ReadAll(opened)
}

func TestFilesOpenWholeOrNotAtAll(t *testing.T) {
	w := newWorld(t)
	f := vault.File{PersonID: w.person("Example", "").id, ID: uuid.NewString()}
	content := bytes.Repeat([]byte("a page of an invented passport\n"), 100_000) // 3 MB
	sealed := w.sealed(f, content)
	if bytes.Contains(sealed, []byte("passport")) {
		t.Error("the sealed file can be read")
	}
	if opened, err := w.unsealed(f, sealed); err != nil || !bytes.Equal(opened, content) {
		t.Fatalf("%d bytes opened, %v", len(opened), err)
	}
	const segment = 1 << 20
	for what, damaged := range map[string][]byte{
		"cut by a byte":         sealed[:len(sealed)-1],
		"cut after a segment":   sealed[:2*segment],
		"cut to its header":     sealed[:40],
		"empty":                 nil,
		"longer":                append(bytes.Clone(sealed), 0),
		"changed":               changed(sealed, len(sealed)/2),
		"changed in its header": changed(sealed, 5),
	} {
		if opened, err := w.unsealed(f, damaged); err == nil {
			t.Errorf("%s: %d bytes opened", what, len(opened))
		}
	}
}

func changed(content []byte, at int) []byte {
	out := bytes.Clone(content)
	out[at] ^= 1
	return out
}

func TestAFileOpensForItsPersonAndIDAlone(t *testing.T) {
	w := newWorld(t)
	f := vault.File{PersonID: w.person("Example", "").id, ID: uuid.NewString()}
	other := w.person("Sample", "").id
	sealed := w.sealed(f, []byte("content"))
	for what, asked := range map[string]vault.File{
		"another person": {other, f.ID}, "another id": {f.PersonID, uuid.NewString()}, "nobody": {uuid.NewString(), f.ID},
	} {
		if opened, err := w.unsealed(asked, sealed); err == nil {
			t.Errorf("%s: opened %q", what, opened)
		}
	}
	if err := w.transact(func(tx pgx.Tx) error { return w.vault.Destroy(t.Context(), tx, f.PersonID) }); err != nil {
		t.Fatal(err)
	}
	if _, err := w.unsealed(f, sealed); !errors.Is(err, vault.ErrDestroyed) {
		t.Errorf("after shredding: %v", err)
	}
}

func TestFilesOutliveRotations(t *testing.T) {
	w := newWorld(t)
	f := vault.File{PersonID: w.person("Example", "").id, ID: uuid.NewString()}
	early := w.sealed(f, []byte("early"))
	for range 2 {
		if err := w.vault.RotateData(t.Context(), silent); err != nil {
			t.Fatal(err)
		}
	}
	late := w.sealed(f, []byte("late"))
	for content, sealed := range map[string][]byte{"early": early, "late": late} {
		if opened, err := w.unsealed(f, sealed); err != nil || string(opened) != content {
			t.Errorf("%s: opened %q, %v", content, opened, err)
		}
	}
}
