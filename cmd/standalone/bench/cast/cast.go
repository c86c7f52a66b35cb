// Package cast is the directory of the benchmark. Lives that run at the same
// time have people of their own: mail to one person is bundled, and lives that
// shared their officer would share their mails.
package cast

import (
	"fmt"
	"strings"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
	"github.com/traveldoc/traveldoc/cmd/standalone/idp"
	"github.com/traveldoc/traveldoc/internal/directory"
)

// Where everything happens.
const (
	Office = "BOS"
	Zone   = "America/New_York" // of Office
	Post   = "xxb-washington"
)

// Liaison records what the post does, for every life.
const Liaison = "bench-liaison"

// Counsel lifts holds, in every life that is held.
const Counsel = "bench-counsel"

// Officer and Supervisor are the ids of the two who belong to a slot, which
// has one life at a time.
func Officer(slot int) string    { return fmt.Sprintf("bench-officer-%d", slot) }
func Supervisor(slot int) string { return fmt.Sprintf("bench-supervisor-%d", slot) }

// Who is the id of the person who plays a part in a slot.
func Who(part script.Part, slot int) string {
	switch part {
	case script.Supervisor:
		return Supervisor(slot)
	case script.Liaison:
		return Liaison
	default:
		return Officer(slot)
	}
}

// SlotPost is the id of a post that only one slot deals with, whose mail waits
// for no other life's.
func SlotPost(slot int) string { return fmt.Sprintf("xxb-%d", slot) }

// postDomain is where the mail of all bench posts goes.
const postDomain = "@xxb.example"

// IsPost tells whether an address is a bench post's.
func IsPost(address string) bool { return strings.HasSuffix(address, postDomain) }

// Address is where mail to a person goes.
func Address(person string) string { return person + "@bench.example" }

// Directory is the example directory with the bench post and people for so many slots.
func Directory(slots int) (directory.Snapshot, error) {
	example, err := directory.ParseSeed(directory.ExampleSeed())
	if err != nil {
		return directory.Snapshot{}, fmt.Errorf("read the example directory: %w", err)
	}
	always, err := directory.ParseWeek("Mon-Sun 00:00-24:00")
	if err != nil {
		return directory.Snapshot{}, err
	}
	data := example.Data()
	data.Posts = append(data.Posts, post(Post, directory.Embassy, always))
	data.People = append(data.People, person(Liaison, directory.Liaison, always), person(Counsel, directory.Counsel, always))
	for slot := range slots {
		officer := person(Officer(slot), directory.Officer, always)
		officer.Supervisor = Supervisor(slot)
		data.Posts = append(data.Posts, post(SlotPost(slot), directory.Consulate, always))
		data.People = append(data.People, officer, person(Supervisor(slot), directory.Supervisor, always))
	}
	return directory.NewSnapshot(data)
}

func post(id string, kind directory.PostKind, hours directory.Week) directory.Post {
	return directory.Post{
		ID: id, Country: script.Country, Kind: kind, Name: "Post of the bench country", City: "Washington",
		Address: "1 Example Avenue, Washington", Email: id + postDomain, Zone: Zone, Hours: hours, Accreditation: "Whole United States",
	}
}

func person(id string, role directory.Role, hours directory.Week) directory.Person {
	p := directory.Person{
		ID: id, Name: strings.ReplaceAll(id, "-", " ") + " Example", Email: Address(id), Roles: []directory.Role{role},
		Zone: Zone, Hours: hours,
	}
	if role == directory.Liaison {
		p.Countries = []string{script.Country}
	} else {
		p.Offices = []string{Office}
	}
	return p
}

// Users are the same people as the identity provider knows them.
func Users(slots int) []idp.User {
	users := []idp.User{
		{ID: Liaison, Name: Liaison, Roles: []string{"liaison"}, Countries: []string{script.Country}},
		{ID: Counsel, Name: Counsel, Roles: []string{"counsel"}, Offices: []string{Office}},
	}
	for slot := range slots {
		users = append(users,
			idp.User{ID: Officer(slot), Name: Officer(slot), Roles: []string{"officer"}, Offices: []string{Office}},
			idp.User{ID: Supervisor(slot), Name: Supervisor(slot), Roles: []string{"supervisor"}, Offices: []string{Office}})
	}
	return users
}
