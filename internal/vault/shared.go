package vault

import (
	"context"
	"fmt"

	"github.com/tink-crypto/tink-go/v2/aead"
	"github.com/tink-crypto/tink-go/v2/keyset"
	"github.com/tink-crypto/tink-go/v2/prf"
	tinkpb "github.com/tink-crypto/tink-go/v2/proto/tink_go_proto"

	"github.com/traveldoc/traveldoc/internal/vault/sqlcgen"
)

// purpose of a key that is nobody's own.
type purpose string

const (
	indexing purpose = "index"
	payloads purpose = "payload"
)

func (p purpose) binding() string { return "traveldoc/shared-key/" + string(p) }

func (p purpose) template() *tinkpb.KeyTemplate {
	if p == indexing {
		return prf.HMACSHA256PRFKeyTemplate()
	}
	return aead.AES256GCMKeyTemplate()
}

func (v *Vault) addShared(ctx context.Context, q *sqlcgen.Queries, p purpose) (int64, error) {
	keys, err := keyset.NewHandle(p.template())
	if err != nil {
		return 0, fmt.Errorf("make %s key: %w", p, err)
	}
	wrapped, master, err := v.masters.wrap(ctx, keys, p.binding())
	if err != nil {
		return 0, err
	}
	return q.AddSharedKey(ctx, sqlcgen.AddSharedKeyParams{
		Purpose: string(p), Keyset: wrapped, Master: master, MadeAt: v.now(),
	})
}
