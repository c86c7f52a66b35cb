package store

import (
	"github.com/traveldoc/traveldoc/activities"
	"github.com/traveldoc/traveldoc/api"
)

// What is implemented here.
var (
	_ activities.Recorder     = (*Store)(nil)
	_ activities.CustodyStore = (*Store)(nil)
	_ activities.Calendars    = (*Store)(nil)
	_ activities.Upkeep       = (*Store)(nil)
	_ activities.Ledger       = Ledger{}
	_ api.Commands            = (*Store)(nil)
	_ api.Intakes             = (*Store)(nil)
	_ api.Fence               = (*Store)(nil)
	_ api.MailReports         = (*Store)(nil)
	_ api.Reads               = (*Store)(nil)
	_ api.Health              = (*Store)(nil)
	_ api.Holds               = Holds{}
	_ api.LegalEvents         = LegalEvents{}
	_ api.Persons             = Persons{}
	_ api.Issuers             = Issuers{}
	_ api.Directory           = (*People)(nil)
)
