package store_test

import (
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/traveldoc/traveldoc/api"
)

// modelled is what holds, merges and splits of a few records are expected to do.
type modelled struct {
	records []*life
	country []string
	merged  map[int]string // merge id by the record merged
	head    []int          // the record under which each is found
	holds   []modelHold
}

type modelHold struct {
	id      string
	country string // empty: the person
	binds   []int
}

func (m *modelled) group(of int) []int {
	var all []int
	for i, head := range m.head {
		if head == m.head[of] {
			all = append(all, i)
		}
	}
	return all
}

// stopped are the records of which nothing may leave.
func (m *modelled) stopped() []bool {
	held := make([]bool, len(m.records))
	for _, hold := range m.holds {
		for _, i := range hold.binds {
			held[i] = held[i] || hold.country == "" || hold.country == m.country[i]
		}
	}
	return held
}

func (m *modelled) place(rt *rapid.T) {
	on := rapid.IntRange(0, len(m.records)-1).Draw(rt, "on")
	hold := m.records[on].hold()
	model := modelHold{id: hold.ID, binds: m.group(on)}
	if rapid.Bool().Draw(rt, "of a country") {
		model.country = rapid.SampledFrom(m.country).Draw(rt, "country")
		hold.Kind, hold.Scope, hold.Country = "withholding", "country", model.country
	}
	m.records[on].place(hold)
	m.holds = append(m.holds, model)
}

func (m *modelled) lift(rt *rapid.T) {
	if len(m.holds) == 0 {
		return
	}
	i := rapid.IntRange(0, len(m.holds)-1).Draw(rt, "lifted")
	m.records[0].lift(m.holds[i].id)
	m.holds = slices.Delete(m.holds, i, i+1)
}

func (m *modelled) merge(rt *rapid.T) {
	survivor, other := rapid.IntRange(0, len(m.records)-1).Draw(rt, "survivor"), rapid.IntRange(0, len(m.records)-1).Draw(rt, "merged")
	if survivor == other || m.head[survivor] != survivor || m.head[other] != other || len(m.group(other)) > 1 {
		return
	}
	m.merged[other] = m.records[survivor].merge(m.records[other]).ID
	m.head[other] = survivor
	human := m.group(survivor)
	for i, hold := range m.holds {
		if slices.ContainsFunc(hold.binds, func(bound int) bool { return slices.Contains(human, bound) }) {
			m.holds[i].binds = append(slices.Clone(hold.binds), human...)
		}
	}
}

// split gives the holds that were placed since to either of the two.
func (m *modelled) split(rt *rapid.T) {
	other := rapid.IntRange(0, len(m.records)-1).Draw(rt, "split off")
	if m.head[other] == other {
		return
	}
	w := m.records[0].world
	added, err := w.store.Merges().Added(rt.Context(), m.merged[other])
	if err != nil {
		rt.Fatal(err)
	}
	to := map[string]string{}
	for _, each := range added {
		if each.Kind == "hold" {
			to[each.ID] = m.records[rapid.SampledFrom([]int{other, m.head[other]}).Draw(rt, "goes to")].person
		}
	}
	if err := w.split(m.merged[other], to); err != nil {
		rt.Fatal(err)
	}
	m.head[other] = other
}

// Whatever is placed, lifted, merged and split: what is stopped is what the model
// says, and nothing gets free but by a lifting.
func TestMergesAndHoldsFollowTheirModel(t *testing.T) {
	w := newWorld(t)
	rapid.Check(t, func(rt *rapid.T) {
		m := &modelled{country: []string{"GHA", "TGO", "VNM", "HND"}, merged: map[int]string{}}
		for i, country := range m.country {
			record := w.ready()
			record.exec("UPDATE requests SET country = $2 WHERE request_id = $1", record.id, country)
			m.records, m.head = append(m.records, record), append(m.head, i)
		}
		acts := map[string]func(*rapid.T){"place": m.place, "lift": m.lift, "merge": m.merge, "split": m.split}
		for range rapid.IntRange(1, 12).Draw(rt, "acts") {
			w.later()
			before := m.stopped()
			act := rapid.SampledFrom([]string{"place", "lift", "merge", "split", "merge"}).Draw(rt, "act")
			acts[act](rt)
			now := m.stopped()
			for i, record := range m.records {
				held := record.authorise(record.authorisation()).HoldStands
				view, err := w.store.Request(t.Context(), record.id)
				if err != nil || held != now[i] || view.OnHold != held {
					rt.Fatalf("after %s record %d is held: %v, shown so: %v (%v); the model says %v", act, i, held, view.OnHold, err, now[i])
				}
				if act != "lift" && before[i] && !held {
					rt.Fatalf("record %d got free by %s", i, act)
				}
			}
		}
	})
}

// A hold whose last day came binds nobody by a merge, and one that a merge bound
// ends on its last day for both.
func TestALastDayEndsWhatAMergeBound(t *testing.T) {
	w := newWorld(t)
	a, b := w.two()
	over := a.hold()
	over.Expiry = api.HoldExpiry{On: over.Dated, Zone: "UTC", At: w.clock.Now().AddDate(0, 0, 1), Source: "hash"}
	a.place(over)
	w.clock.set(over.Expiry.At)
	a.merge(b)
	b.mustBe("merged with one whose hold is over", true)
	soon := a.hold()
	soon.Expiry = api.HoldExpiry{On: over.Dated, Zone: "UTC", At: w.clock.Now().AddDate(0, 0, 1), Source: "hash"}
	a.place(soon)
	b.mustBe("before the last day is over", false)
	w.clock.set(soon.Expiry.At)
	b.mustBe("after the last day", true)
	if n := w.count("outbox WHERE workflow_id = 'request/' || $1 AND payload @> jsonb_build_object('hold', $2::text, 'stops', false)", a.id, soon.ID); n != 1 {
		t.Errorf("the named record's request heard %d times of the end", n)
	}
}
