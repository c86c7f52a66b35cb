package benchpack_test

import (
	"strings"
	"testing"

	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/playbook/benchpack"
)

func TestBenchPackLoadsOnlyWithTheOption(t *testing.T) {
	on := calendar.Date{Year: 2026, Month: 6, Day: 1}
	library, err := playbook.Load(benchpack.Options()...)
	if err != nil {
		t.Fatal(err)
	}
	pack, err := library.Pack(benchpack.Country, on)
	if err != nil {
		t.Fatal(err)
	}
	if got := pack.Terms().Timescale.Amount; got != (calendar.Amount{N: 5, Unit: calendar.Seconds}) {
		t.Errorf("timescale %v, want 5 seconds", got)
	}
	if err := playbook.Validate(pack); err == nil || !strings.Contains(err.Error(), "timescale.unit: seconds are for benchmarks only") {
		t.Errorf("production validation says %v, want a refusal of seconds", err)
	}
	refused := benchpack.Options()[1:]
	if _, err := playbook.Load(refused...); err == nil {
		t.Error("a library without the option took the bench pack")
	}
	production, err := playbook.Load()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := production.Pack(benchpack.Country, on); err == nil {
		t.Error("production knows the bench country")
	}
}
