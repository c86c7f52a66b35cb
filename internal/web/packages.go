package web

import (
	"fmt"
	"io"
	"net/http"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// packageView is a package as its reviewer sees it: what it holds, part by
// part, and the way to the very bytes that would leave.
type packageView struct {
	ID, Void string
	Pages    int
	Parts    []packagePart
	Waits    bool   // a part waits for its disclosure review
	Decides  bool   // the caller may decide upon it
	Why      string // why not
	Key      string
	Reasons  []choice
	Confirm  bool // all that waits is decided: a last look before it is on record
	Withheld int  // parts of it that keep the package from leaving
}

type packagePart struct {
	Position, Pages  int
	Title, State     string
	Waits            bool
	Decision, Reason string
	Word             string // the decision as it is shown once more
}

// showPackage gives the stored bytes of a package.
func (s *Site) showPackage(v *visit) error {
	return v.bytes("/v1/packages/"+v.r.PathValue("id")+"/content", "inline")
}

// showManifest gives the manifest, to be kept.
func (s *Site) showManifest(v *visit) error {
	return v.bytes("/v1/packages/"+v.r.PathValue("id")+"/manifest", "attachment")
}

// bytes passes on what the API serves of a package, as it is.
func (v *visit) bytes(path, disposition string) error {
	answer, err := v.call(http.MethodGet, path, nil, http.Header{})
	if err != nil {
		return err
	}
	v.w.Header().Set("Content-Type", answer.header.Get("Content-Type"))
	v.w.Header().Set("Content-Disposition", disposition)
	if _, err := io.Copy(v.w, &answer.body); err != nil {
		return fmt.Errorf("write package: %w", err)
	}
	return nil
}

// packageOf is the package under review; nil for who may not read it.
func (d *dossier) packageOf(content tdr.ContentHash, pack playbook.Pack) (*packageView, error) {
	if !d.may(identity.ReadPackages) {
		return nil, nil //nolint:nilnil // no package to see is an answer
	}
	list, err := read[contract.PackageList](d.visit, "/v1/requests/"+d.Request.Id+"/packages")
	if err != nil {
		return nil, err
	}
	for _, each := range list.Packages {
		if each.Content == content {
			return d.packageView(each, pack), nil
		}
	}
	return nil, nil //nolint:nilnil // reviews of earlier releases had none
}

func (d *dossier) packageView(p contract.Package, pack playbook.Pack) *packageView {
	shown := &packageView{ID: p.Id, Pages: p.Pages, Key: newKey(), Reasons: returnReasons()}
	if p.Void != "" {
		shown.Void = worded(map[string]string{
			"replaced":       "A newer package was prepared.",
			"person_changed": "The data sheet of the person has changed since.", "post_changed": "The request goes to another post now.",
			"document_withdrawn": "A document in it was withdrawn.",
		}, p.Void)
	}
	own := p.PreparedBy == d.visit.caller().Subject
	for _, item := range p.Items {
		part := packagePart{Position: item.Position, Pages: item.Pages, Title: partTitle(item, pack), State: partState(item)}
		part.Waits = item.State == contract.NeedsDisclosureReview
		shown.Waits = shown.Waits || part.Waits
		shown.Parts = append(shown.Parts, part)
	}
	switch {
	case !shown.Waits || p.Void != "":
	case own:
		shown.Why = "You prepared this package. A second person decides which of these parts may be disclosed."
	case !d.may(identity.ReviewDisclosure):
		shown.Why = "A supervisor or counsel decides which of these parts may be disclosed."
	default:
		shown.Decides = true
	}
	return shown
}

func partTitle(item contract.PackageItem, pack playbook.Pack) string {
	if item.Type != "" {
		return itemTitle(pack, item.Type)
	}
	return plain(item.Kind)
}

func partState(item contract.PackageItem) string {
	word := worded(map[string]string{"listed": "On the list", "needs_disclosure_review": "Waits for a second person"}, string(item.State))
	if item.Reason != "" {
		word += ": " + wordFor(returnReasons(), item.Reason)
	}
	return word
}

// decideDisclosure shows once more what a second person decided upon the parts
// that wait, and then hands it over.
func (s *Site) decideDisclosure(v *visit) error {
	d, err := v.open(v.r.PathValue("code"))
	if err != nil {
		return err
	}
	page, err := d.review()
	if err != nil {
		return err
	}
	if page.Package == nil || page.Package.ID != v.entry("package") || !page.Package.Decides {
		// The form speaks of a package that no longer waits for its caller.
		return errUnreadable
	}
	decisions, faults := page.Package.decided(v)
	if len(faults) == 0 && v.entry("confirmed") != "yes" {
		page.Package.Confirm = true
		return v.found("review", view{Title: "Confirm disclosure", Code: d.Request.Code, Body: page})
	}
	var pending bool
	if len(faults) == 0 {
		pending, err = v.act("/v1/packages/"+page.Package.ID+"/disclosures", v.entry("key"), "", contract.DisclosureReview{Decisions: decisions})
		faults = faultsOf(err, nil, "package")
	}
	if len(faults) > 0 {
		return v.show(http.StatusUnprocessableEntity, "review", view{Title: "Review", Code: d.Request.Code, Faults: faults, Body: page})
	}
	if err != nil {
		return err
	}
	return v.done("/reviews/"+d.Request.Code, "disclosed", pending)
}

// decided reads the decisions; every part that waits needs one.
func (p *packageView) decided(v *visit) ([]contract.Disclosure, []fault) {
	var decisions []contract.Disclosure
	var faults []fault
	for i := range p.Parts {
		part := &p.Parts[i]
		if !part.Waits {
			continue
		}
		field := fmt.Sprintf("disclosure-%d", part.Position)
		part.Decision, part.Reason = v.entry(field), v.entry(field+"-reason")
		decision := contract.Disclosure{Position: part.Position, Decision: contract.DisclosureDecision(part.Decision)}
		switch {
		case decision.Decision == contract.Disclose:
			part.Word = "Disclose"
		case decision.Decision == contract.Withhold && isOneOf(returnReasons(), part.Reason):
			decision.Reason, part.Word = part.Reason, "Withhold: "+wordFor(returnReasons(), part.Reason)
			p.Withheld++
		case decision.Decision == contract.Withhold:
			faults = append(faults, fault{field, "Give a reason for withholding “" + part.Title + "”."})
		default:
			faults = append(faults, fault{field, "Decide upon “" + part.Title + "”."})
		}
		decisions = append(decisions, decision)
	}
	return decisions, faults
}
