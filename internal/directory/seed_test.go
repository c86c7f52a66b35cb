package directory

import "testing"

func TestExampleSeedIsSound(t *testing.T) {
	if _, err := ParseSeed(ExampleSeed()); err != nil {
		t.Fatal(err)
	}
}
