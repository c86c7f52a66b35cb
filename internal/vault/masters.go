package vault

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/tink"
)

// master is one key, or one file of keys, that wraps others.
type master interface {
	// current is the name under which wrapped keys are on record, and the key that wraps now.
	current() (name string, key tink.AEADWithContext, err error)
	// named is the key of that name; false when it is not of this master.
	named(name string) (key tink.AEADWithContext, ours bool, err error)
	// renew makes a new current key; errElsewhere when that is not done here.
	renew() error
	// retire forgets the keys that are neither current nor among those in use.
	retire(inUse []string) (forgotten []string, err error)
}

// errElsewhere: the key is rotated where it is kept.
var errElsewhere = errors.New("the key is not kept here")

// Masters are the master keys by their references. The first wraps; all unwrap.
type Masters struct{ all []master }

// OpenMasters finds the master keys that the references name:
//
//	file:///var/lib/traveldoc/master.json   a keyset from CreateMasterFile, mode 0600
//	aws-kms://arn:aws:kms:<region>:…        a symmetric key of AWS KMS
//
// Credentials and region of AWS are found as its SDK finds them. The first
// reference wraps new keys; those after it are former ones, needed until a
// rotation of the master key has finished.
func OpenMasters(ctx context.Context, references []string) (*Masters, error) {
	if len(references) == 0 {
		return nil, errors.New("open master keys: none is named")
	}
	var m Masters
	for _, reference := range references {
		one, err := openMaster(ctx, reference)
		if err != nil {
			return nil, fmt.Errorf("open master key %s: %w", reference, err)
		}
		m.all = append(m.all, one)
	}
	return &m, nil
}

func openMaster(ctx context.Context, reference string) (master, error) {
	scheme, _, _ := strings.Cut(reference, "://")
	switch scheme {
	case "file":
		return openFile(reference)
	case "aws-kms":
		return openAWS(ctx, reference)
	default:
		return nil, errors.New("the reference must begin with file:// or aws-kms://")
	}
}

// wrap seals a keyset under the current master key and says which that is.
func (m *Masters) wrap(ctx context.Context, keys *keyset.Handle, purpose string) (wrapped []byte, name string, err error) {
	name, key, err := m.all[0].current()
	if err != nil {
		return nil, "", fmt.Errorf("wrap a key: %w", err)
	}
	var out bytes.Buffer
	if err := keys.WriteWithContext(ctx, keyset.NewBinaryWriter(&out), key, []byte(purpose)); err != nil {
		return nil, "", fmt.Errorf("wrap a key: %w", err)
	}
	return out.Bytes(), name, nil
}

// unwrap opens a keyset that was wrapped under the named master key for the same purpose.
func (m *Masters) unwrap(ctx context.Context, wrapped []byte, name, purpose string) (*keyset.Handle, error) {
	key, err := m.named(name)
	if err != nil {
		return nil, fmt.Errorf("unwrap a key: %w", err)
	}
	keys, err := keyset.ReadWithContext(ctx, keyset.NewBinaryReader(bytes.NewReader(wrapped)), key, []byte(purpose))
	if err != nil {
		return nil, fmt.Errorf("unwrap a key: %w", err)
	}
	return keys, nil
}

func (m *Masters) named(name string) (tink.AEADWithContext, error) {
	for _, one := range m.all {
		key, ours, err := one.named(name)
		if ours || err != nil {
			return key, err
		}
	}
	return nil, fmt.Errorf("master key %s is not among those that are configured", name)
}
