package web

import (
	"net/http"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// consentPart is how the country that is asked stands to the one that the order names.
type consentPart struct {
	Order, Bar string
	Consents   []string
	Ask        string // where counsel consents; empty for who may not, and where nobody can
}

func consentReasons() []choice {
	return []choice{
		{"national_of_country", "The person is a national of it"}, {"named_by_person", "The person named it"},
		{"named_by_judge", "The judge named it besides"}, {"country_accepts", "It agreed to take the person"},
	}
}

// fillConsents is for a request that asks another country than its order names.
func (d *dossier) fillConsents(page *requestPage) error {
	list, err := d.consents()
	if err != nil || list.OrderCountry == "" || list.OrderCountry == list.Country {
		return err
	}
	part := consentPart{Order: d.country(list.OrderCountry), Bar: barText(list.Bar)}
	for _, each := range list.Consents {
		part.Consents = append(part.Consents, "From "+d.country(each.OrderCountry)+" to "+d.country(each.Country)+", on "+d.moment(each.ConsentedAt)+
			" by "+d.names.person(each.ConsentedBy)+": "+wordFor(consentReasons(), each.Reason))
	}
	if list.Bar == string(tdr.ConsentMissing) && d.Request.Stage != tdr.Closed && d.may(identity.ConsentToCountry) {
		part.Ask = d.path() + "/country-consent"
	}
	page.Consent = &part
	return nil
}

func (d *dossier) consents() (contract.CountryConsentList, error) {
	return read[contract.CountryConsentList](d.visit, "/v1/requests/"+d.Request.Id+"/country-consents")
}

func (d *dossier) country(alpha3 string) string { return d.visit.site.config.Country(alpha3) }

func barText(bar string) string {
	return map[string]string{
		"": "Counsel has consented: the country may be asked.", string(tdr.ConsentMissing): "Nothing leaves before counsel has consented.",
		string(tdr.NeverAddressed): "This country is never asked about this person, and nobody consents to it.",
	}[bar]
}

// consenting is what counsel is asked, about a request that they may consent to.
func (v *visit) consenting() (*dossier, form, error) {
	d, err := v.about(identity.ConsentToCountry)
	if err != nil {
		return nil, form{}, err
	}
	list, err := d.consents()
	if err != nil {
		return nil, form{}, err
	}
	asked := d.country(list.Country)
	return d, form{
		Title: "Consent to another country", Code: d.Request.Code, Heading: "Consent to another country than the order names",
		Lead: "The consent is of this request and of these two countries alone. It sends nothing; holds, package and order are looked at as ever.",
		Back: linked{d.path(), "Request " + d.Request.Code},
		Facts: []term{
			{"The order names", d.country(list.OrderCountry)}, {"The request asks", asked}, {"As it stands", barText(list.Bar)},
		},
		Address: d.path() + "/country-consent", Button: "Consent",
		Fields: []field{
			{Kind: choiceOf, Name: "reason", Label: "Why it may be asked", Choices: consentReasons(), Missing: "Choose why it may be asked."}, source(), note(),
		},
		Sure: "May " + asked + " be asked about " + d.Request.Code + "?", SureText: "You take a consent back by placing a hold.",
	}, nil
}

func (s *Site) showConsent(v *visit) error {
	_, asked, err := v.consenting()
	if err != nil {
		return err
	}
	return v.ask(http.StatusOK, asked, blank(), nil)
}

// consent records counsel's word.
func (s *Site) consent(v *visit) error {
	d, asked, err := v.consenting()
	if err != nil {
		return err
	}
	return v.decide(asked, func(e entries) ([]fault, error) {
		body := contract.NewCountryConsent{Reason: e["reason"], Source: tdr.Evidence(e["source"]), Note: e["note"]}
		pending, err := v.act("/v1/requests/"+d.Request.Id+"/country-consents", e["key"], "", body)
		if faults := faultsOf(err, map[string]string{"reason": "reason", "source": "source", "note": "note"}, "reason"); len(faults) > 0 || err != nil {
			return faults, err
		}
		return nil, v.done(d.path(), "consented", pending)
	})
}
