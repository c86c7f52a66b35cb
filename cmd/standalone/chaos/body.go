package chaos

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/traveldoc/traveldoc/cmd/standalone/bench/cast"
	benchscript "github.com/traveldoc/traveldoc/cmd/standalone/bench/script"
	"github.com/traveldoc/traveldoc/internal/calendar"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// lettered writes the digits of a number as letters, because names have none; who
// has neither an A-number nor a name of their own is held as somebody else.
func lettered(n int) string {
	return strings.Map(func(digit rune) rune { return 'A' + digit - '0' }, strconv.Itoa(n))
}

// body is what a life says with a command, today.
func (l *life) body(name tdr.Name) any {
	today := calendar.DateOf(l.Now().In(l.zone))
	order := benchscript.Order(today)
	switch name {
	case tdr.OpenName:
		return map[string]any{
			"country": benchscript.Country, "post": l.post(), "field_office": cast.Office,
			"person": map[string]any{"family_name": "Example", "given_names": "Ana " + lettered(l.number), "birth_date": "1990-01-01"},
			"order":  map[string]any{"type": order.Type, "number": order.Number, "date": order.Date, "source": order.Source},
			"note":   fmt.Sprintf("Example note of life %d", l.number),
		}
	case tdr.RecordIssueName:
		return map[string]any{
			"issuer": benchscript.Issuer, "number": fmt.Sprintf("EXAMPLE-%d", l.number), "valid_from": today, "valid_to": today.AddDays(90),
		}
	case tdr.RecordRefusalName:
		return map[string]any{"not_a_national": true, "reasons": []string{"not_in_register"}}
	case tdr.RetryName, tdr.BeginVerificationName:
		return map[string]any{"evidence": benchscript.Evidence}
	case tdr.RecordInformationName:
		return map[string]any{"what": []string{"photograph"}, "by": today.AddDays(10)}
	case tdr.AnswerInformationName:
		return map[string]any{"content": l.content, "channel": tdr.ByCourier}
	case tdr.RecordContactName:
		return map[string]any{"fact": map[string]any{"direction": tdr.ToPost, "medium": "telephone", "answered": false}}
	case tdr.CloseName:
		return map[string]any{"reason": "not_a_national"}
	case tdr.WithdrawName:
		return map[string]any{"outcome": tdr.OutcomeWithdrawn, "reason": "example_reason"}
	default:
		said := benchscript.Said{Today: today, Required: l.required, Escalation: l.escalation, Content: l.content}
		return benchscript.Step{Name: name}.Act(said)
	}
}
