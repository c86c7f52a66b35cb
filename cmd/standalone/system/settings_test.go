package system

import (
	"testing"

	"github.com/traveldoc/traveldoc/cmd/standalone/trial"
	"github.com/traveldoc/traveldoc/internal/config"
)

func open(t *testing.T, cfg Config) *House {
	t.Helper()
	cfg.State = trial.Folder(t).Path()
	cfg.Log = trial.Log()
	house, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return house
}

func TestSettingsAreWhatTraveldocAsksFor(t *testing.T) {
	house := open(t, Config{})
	settings, err := house.Settings()
	if err != nil {
		t.Fatal(err)
	}
	source := func(name string) (string, bool) {
		value, found := settings[name]
		return value, found
	}
	for name, part := range map[string]config.Part{"migrate": config.Database, "api": config.API, "worker": config.Worker} {
		cfg, err := config.Load(source, part)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if part == config.API && cfg.Listen != "127.0.0.1:8080" {
			t.Errorf("the API listens on %s", cfg.Listen)
		}
	}
	again, err := house.Settings()
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range settings {
		if again[name] != value {
			t.Errorf("%s changes from call to call", name)
		}
	}
}

func TestAutomaticPortsAreKept(t *testing.T) {
	cfg := Config{AutoPorts: true, Ports: map[string]int{"api": 8081}, Log: trial.Log(), State: trial.Folder(t).Path()}
	first, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	second, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[int]string{}
	for _, port := range Ports() {
		number := first.Port(port)
		if other, found := seen[number]; found {
			t.Errorf("%s and %s share port %d", port.Name, other, number)
		}
		seen[number] = port.Name
		if second.Port(port) != number {
			t.Errorf("%s moved from port %d to %d", port.Name, number, second.Port(port))
		}
	}
	if first.Port(APIPort) != 8081 {
		t.Errorf("the chosen port became %d", first.Port(APIPort))
	}
}
