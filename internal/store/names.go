package store

import "github.com/google/uuid"

// Workflow ids and signals as the outbox and the deadlines name them. They are
// those of package workflows, which an adapter does not import; a test
// compares them. The SQL that writes to the outbox spells them out.
const (
	requestPrefix = "request/"
	custodyPrefix = "custody/"

	mailBouncedSignal = "MailBounced"
	unreachableSignal = "LevelUnreachable"
	sendStoppedSignal = "SendStopped"
)

func requestSubject(id string) string { return requestPrefix + id }
func custodySubject(id string) string { return custodyPrefix + id }

// noticeID is named by the notice's key, so that one key is one row wherever it is filed.
func noticeID(key string) string { return uuid.NewSHA1(uuid.NameSpaceURL, []byte(key)).String() }
