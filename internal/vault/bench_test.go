package vault_test

import (
	"fmt"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"github.com/traveldoc/traveldoc/internal/vault"
)

// BenchmarkRequestPage opens all personal fields of one request: the person,
// the order, a document and thirty notes. The difference between the cases
// and "reading" is what encryption costs; it must stay under 5 ms.
func BenchmarkRequestPage(b *testing.B) {
	w := newWorld(b)
	p := w.person("Example", "A012345678")
	rows := []string{p.id}
	for i := range 32 {
		row := uuid.NewString()
		err := w.transact(func(tx pgx.Tx) error {
			f := vault.Field{PersonID: p.id, Row: row, Column: "command_texts.text"}
			return w.vault.Put(b.Context(), tx, f, fmt.Sprintf("Invented note %d: the consulate asked for two photographs.", i))
		})
		if err != nil {
			b.Fatal(err)
		}
		rows = append(rows, row)
	}
	page := func(b *testing.B, v *vault.Vault) {
		for _, row := range rows {
			if _, err := v.Row(b.Context(), w.pool, row); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("key in memory", func(b *testing.B) {
		for b.Loop() {
			page(b, w.vault)
		}
	})
	b.Run("key unwrapped anew", func(b *testing.B) {
		for b.Loop() {
			page(b, w.process(w.reference))
		}
	})
	b.Run("reading", func(b *testing.B) {
		for b.Loop() {
			for _, row := range rows {
				w.count("sealed_fields JOIN person_keys USING (person_id) WHERE row_id = $1", row)
			}
		}
	})
}
