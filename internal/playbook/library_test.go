package playbook

import "testing"

func TestEveryEmbeddedPackIsValid(t *testing.T) {
	library, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, pack := range library.Published() {
		if err := Validate(pack); err != nil {
			t.Errorf("%s: %v", pack.ID(), err)
		}
	}
}
