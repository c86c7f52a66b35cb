package codec_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"

	"github.com/traveldoc/traveldoc/internal/vault/codec"
)

// turned stands in for a cipher: every byte is inverted, under the newest key.
type turned struct{ newest string }

func invert(b []byte) []byte {
	out := bytes.Clone(b)
	for i := range out {
		out[i] = ^out[i]
	}
	return out
}

func (k *turned) Seal(plaintext []byte) (string, []byte, error) {
	return k.newest, invert(plaintext), nil
}

func (k *turned) Open(keyID string, sealed []byte) ([]byte, error) {
	if keyID > k.newest {
		return nil, fmt.Errorf("no key %q", keyID)
	}
	return invert(sealed), nil
}

func clientOf(keys codec.Keys) client.Options {
	var options client.Options
	codec.Apply(&options, keys)
	return options
}

func TestWhatTheEngineKeepsIsSealed(t *testing.T) {
	keys := &turned{newest: "1"}
	c := clientOf(keys).DataConverter
	kept, err := c.ToPayloads("Ana Example", 7)
	if err != nil {
		t.Fatal(err)
	}
	raw, _ := proto.Marshal(kept)
	if bytes.Contains(raw, []byte("Example")) || bytes.Contains(raw, []byte("json/plain")) {
		t.Errorf("payloads can be read: %q", raw)
	}
	keys.newest = "2" // what was sealed under the former key still opens
	var name string
	var number int
	if err := c.FromPayloads(kept, &name, &number); err != nil || name != "Ana Example" || number != 7 {
		t.Errorf("opened %q %d, %v", name, number, err)
	}
	if again, _ := c.ToPayload(1); string(again.GetMetadata()["encryption-key-id"]) != "2" {
		t.Errorf("sealed under %q after the rotation", again.GetMetadata())
	}
}

func TestHistoriesFromBeforeReadAsTheyDid(t *testing.T) {
	before, err := converter.GetDefaultDataConverter().ToPayloads("kept earlier", []string{"a"})
	if err != nil {
		t.Fatal(err)
	}
	var text string
	var list []string
	if err := clientOf(&turned{newest: "1"}).DataConverter.FromPayloads(before, &text, &list); err != nil || text != "kept earlier" || len(list) != 1 {
		t.Errorf("read %q %v, %v", text, list, err)
	}
}

func TestFailuresAreSealedToo(t *testing.T) {
	options := clientOf(&turned{newest: "1"})
	failure := options.FailureConverter.ErrorToFailure(temporal.NewApplicationErrorWithCause("cannot find Ana", "not_found", errors.New("Example")))
	raw, _ := proto.Marshal(failure)
	if bytes.Contains(raw, []byte("Ana")) || bytes.Contains(raw, []byte("Example")) {
		t.Errorf("a failure can be read: %q", raw)
	}
	err := options.FailureConverter.FailureToError(failure)
	var application *temporal.ApplicationError
	if !errors.As(err, &application) || application.Type() != "not_found" || !strings.Contains(err.Error(), "cannot find Ana") {
		t.Errorf("the failure became %v", err)
	}
}

func TestUnknownKeysAndDamageAreErrors(t *testing.T) {
	c := codec.New(&turned{newest: "1"})
	sealed, err := c.Encode([]*commonpb.Payload{{Data: []byte("x")}})
	if err != nil {
		t.Fatal(err)
	}
	sealed[0].Metadata["encryption-key-id"] = []byte("9")
	if _, err := c.Decode(sealed); err == nil {
		t.Error("an unknown key opens")
	}
	sealed[0].Metadata["encryption-key-id"], sealed[0].Data = []byte("1"), []byte("cut")
	if _, err := c.Decode(sealed); err == nil || strings.Contains(err.Error(), "cut") {
		t.Errorf("damage: %v", err)
	}
}
