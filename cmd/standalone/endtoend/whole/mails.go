package whole

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	"github.com/traveldoc/traveldoc/cmd/standalone/maildrop"
	"github.com/traveldoc/traveldoc/cmd/standalone/system"
)

// Mails are all mails that the drop has accepted, oldest first.
func (w *Whole) Mails() []maildrop.Mail {
	w.t.Helper()
	var all []maildrop.Mail
	for after := int64(0); ; {
		var page struct {
			Messages []maildrop.Mail `json:"messages"`
			LastSeq  int64           `json:"last_seq"`
		}
		must(w.t, w.drop(context.Background(), "/messages?since="+strconv.FormatInt(after, 10), &page))
		all = append(all, page.Messages...)
		if len(page.Messages) == 0 {
			return all
		}
		after = page.Messages[len(page.Messages)-1].Seq
	}
}

// reportsWaiting counts the delivery reports that the API has not taken yet.
func (w *Whole) reportsWaiting(ctx context.Context) (int, error) {
	var control struct {
		Waiting int `json:"events_waiting"`
	}
	err := w.drop(ctx, "/control", &control)
	return control.Waiting, err
}

func (w *Whole) drop(ctx context.Context, path string, into any) error {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, w.House.URL(system.MailPort)+path, nil)
	if err != nil {
		return err
	}
	response, err := w.http.Do(request)
	if err != nil {
		return fmt.Errorf("ask the mail drop: %w", err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("the mail drop answers %s to %s", response.Status, path)
	}
	return json.NewDecoder(response.Body).Decode(into)
}
