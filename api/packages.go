package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/gorilla/mux"

	"github.com/traveldoc/traveldoc/api/contract"
	"github.com/traveldoc/traveldoc/internal/identity"
	"github.com/traveldoc/traveldoc/internal/playbook"
	"github.com/traveldoc/traveldoc/internal/tdr"
)

// packageInput is what a stored package order carries on from; its letter is
// kept with the command's text.
type packageInput struct {
	Documents []string `json:"documents"`
	Fields    []string `json:"fields,omitempty"`
	Letter    bool     `json:"letter,omitempty"`
}

// PreparePackage makes what would leave for the request's post.
func (s *Server) PreparePackage(ctx context.Context, r contract.PreparePackageRequestObject) (contract.PreparePackageResponseObject, error) {
	view, err := s.request(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	if !s.policy.Allows(principalOf(ctx), identity.PreparePackage, view.Subject()) {
		return nil, newProblem(forbidden, "")
	}
	if err := s.checkPackage(view, *r.Body); err != nil {
		return s.again(ctx, r.Params.IdempotencyKey, err)
	}
	return s.perform(ctx, NewCommand{
		ID: r.Params.IdempotencyKey, Operation: string(identity.PreparePackage), RequestID: view.RequestID, PersonID: view.PersonID,
		Text: r.Body.Letter,
	}, packageInput{Documents: r.Body.Documents, Fields: r.Body.Fields, Letter: r.Body.Letter != ""})
}

// checkPackage: a document goes along once, and only fields that the country
// gets can be asked for.
func (s *Server) checkPackage(view RequestView, body contract.NewPackage) error {
	pack, err := s.packOf(view)
	if err != nil {
		return err
	}
	given, err := pack.SheetFields()
	if err != nil {
		return fmt.Errorf("read data-sheet fields: %w", err)
	}
	var faults fieldErrors
	if !view.Live {
		faults.add("documents", "the request is closed")
	}
	for i, id := range body.Documents {
		if slices.Contains(body.Documents[:i], id) {
			faults.add(fmt.Sprintf("documents.%d", i), "is repeated")
		}
	}
	for i, name := range body.Fields {
		if !slices.ContainsFunc(given, func(f playbook.SheetField) bool { return f.Name == name }) {
			faults.add(fmt.Sprintf("fields.%d", i), "is no field that the country gets")
		}
	}
	return faults.problem()
}

// finishPackage makes the package of a stored order.
func (c *Carrier) finishPackage(ctx context.Context, stored StoredCommand) (Answer, error) {
	order, err := c.packageOrder(ctx, stored)
	if err != nil {
		return Answer{}, err
	}
	prepared, err := c.packages.Prepare(ctx, order)
	if err != nil {
		return c.conclude(ctx, stored, err)
	}
	answer, err := jsonAnswer(http.StatusCreated, packageOf(prepared), map[string]string{"Location": "/v1/packages/" + prepared.ID})
	if err != nil {
		return Answer{}, err
	}
	return c.succeed(ctx, stored, answer)
}

func (c *Carrier) packageOrder(ctx context.Context, stored StoredCommand) (PackageOrder, error) {
	var input packageInput
	if err := json.Unmarshal(stored.Input, &input); err != nil {
		return PackageOrder{}, fmt.Errorf("read stored package order: %w", err)
	}
	view, err := c.reads.Request(ctx, stored.RequestID)
	if err != nil {
		return PackageOrder{}, fmt.Errorf("read request: %w", err)
	}
	order := PackageOrder{
		ID: stored.ID, RequestID: view.RequestID, PersonID: view.PersonID, Code: view.Code, Country: view.Country,
		Documents: input.Documents, Fields: input.Fields, PreparedBy: stored.Principal,
	}
	if order.Pack, err = c.packOf(view); err != nil {
		return PackageOrder{}, err
	}
	snapshot, err := c.directory.Snapshot(ctx)
	if err != nil {
		return PackageOrder{}, fmt.Errorf("read directory: %w", err)
	}
	order.Office, _ = snapshot.OfficeOn(view.FieldOffice, c.clock.Now())
	order.Post, _ = snapshot.PostOn(view.Post, c.clock.Now())
	if input.Letter {
		if order.FreeText, err = c.reads.CommandText(ctx, stored.ID); err != nil {
			return PackageOrder{}, fmt.Errorf("read letter: %w", err)
		}
	}
	return order, nil
}

// ListPackages lists the packages of a request, newest first.
func (s *Server) ListPackages(ctx context.Context, r contract.ListPackagesRequestObject) (contract.ListPackagesResponseObject, error) {
	view, err := s.request(ctx, r.Id)
	if err != nil {
		return nil, err
	}
	if !s.policy.Allows(principalOf(ctx), identity.ReadPackages, view.Subject()) {
		return nil, newProblem(forbidden, "")
	}
	found, err := s.packages.PackagesOf(ctx, view.RequestID)
	if err != nil {
		return nil, fmt.Errorf("list packages: %w", err)
	}
	return contract.ListPackages200JSONResponse{Packages: mapped(found, packageOf)}, nil
}

// visiblePackage reads a package of a request that the caller may see.
func (s *Server) visiblePackage(ctx context.Context, id string, operation identity.Operation) (Package, RequestView, error) {
	found, err := s.packages.Package(ctx, id)
	if err != nil {
		return Package{}, RequestView{}, fmt.Errorf("read package: %w", err)
	}
	view, err := s.request(ctx, found.RequestID)
	if err != nil {
		return Package{}, RequestView{}, err
	}
	if !s.policy.Allows(principalOf(ctx), operation, view.Subject()) {
		return Package{}, RequestView{}, newProblem(forbidden, "")
	}
	return found, view, nil
}

// GetPackage reads one package: what it holds and where each item stands.
func (s *Server) GetPackage(ctx context.Context, r contract.GetPackageRequestObject) (contract.GetPackageResponseObject, error) {
	found, _, err := s.visiblePackage(ctx, r.Id, identity.ReadPackages)
	if err != nil {
		return nil, err
	}
	return contract.GetPackage200JSONResponse(packageOf(found)), nil
}

// getManifest gives the stored bytes whose SHA-256 is the package's content.
func (s *Server) getManifest(w http.ResponseWriter, r *http.Request) {
	s.stored(w, r, "application/json", s.packages.Manifest)
}

// getPDF gives exactly the bytes that leave.
func (s *Server) getPDF(w http.ResponseWriter, r *http.Request) {
	s.stored(w, r, "application/pdf", s.packages.PDF)
}

// stored gives bytes of a package as they are kept, for nobody to keep a copy of by the way.
func (s *Server) stored(w http.ResponseWriter, r *http.Request, media string, read func(context.Context, string) ([]byte, error)) {
	found, _, err := s.visiblePackage(r.Context(), mux.Vars(r)["id"], identity.ReadPackages)
	if err != nil {
		s.fail(w, r, err)
		return
	}
	raw, err := read(r.Context(), found.ID)
	if err != nil {
		s.fail(w, r, fmt.Errorf("read package: %w", err))
		return
	}
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	s.text(w, r, media, raw)
}

// ReviewDisclosure decides upon items that wait for a second person.
func (s *Server) ReviewDisclosure(ctx context.Context, r contract.ReviewDisclosureRequestObject) (contract.ReviewDisclosureResponseObject, error) {
	found, view, err := s.visiblePackage(ctx, r.Id, identity.ReviewDisclosure)
	if err != nil {
		return nil, err
	}
	review := DisclosureReview{CommandID: r.Params.IdempotencyKey, PackageID: found.ID, By: principalOf(ctx).Subject}
	var faults fieldErrors
	for i, decision := range r.Body.Decisions {
		if decision.Decision == contract.Withhold && decision.Reason == "" {
			faults.add(fmt.Sprintf("decisions.%d.reason", i), "is missing: a withheld item has a reason")
		}
		review.Decisions = append(review.Decisions, Disclosure{decision.Position, string(decision.Decision), decision.Reason})
	}
	if err := errors.Join(faults.problem(), secondReader(found, review)); err != nil {
		return s.again(ctx, review.CommandID, err)
	}
	return s.perform(ctx, NewCommand{
		ID: review.CommandID, Operation: string(identity.ReviewDisclosure), RequestID: view.RequestID, PersonID: view.PersonID, Text: r.Body.Note,
	}, review)
}

// secondReader: who prepared a package discloses nothing in it, and who uploaded a
// document, or wrote the data sheet, does not disclose that.
func secondReader(of Package, review DisclosureReview) error {
	if of.PreparedBy == review.By {
		return newProblem(samePerson, "who prepared a package does not review its disclosure")
	}
	for _, decision := range review.Decisions {
		if slices.ContainsFunc(of.Items, func(i PackageItem) bool { return i.Position == decision.Position && i.EnteredBy == review.By }) {
			return newProblem(samePerson, "who uploaded a document, or wrote the data sheet, does not review its disclosure")
		}
	}
	return nil
}

// finishDisclosure keeps the decisions of a stored review.
func (c *Carrier) finishDisclosure(ctx context.Context, stored StoredCommand) (Answer, error) {
	var review DisclosureReview
	if err := json.Unmarshal(stored.Input, &review); err != nil {
		return Answer{}, fmt.Errorf("read stored disclosure review: %w", err)
	}
	reviewed, err := c.packages.Review(ctx, review)
	if err != nil {
		return c.conclude(ctx, stored, err)
	}
	answer, err := jsonAnswer(http.StatusOK, packageOf(reviewed), nil)
	if err != nil {
		return Answer{}, err
	}
	return c.succeed(ctx, stored, answer)
}

// checkContent: what is reviewed, approved and sent is a package on record of
// the request, which nothing has made void. The gate asks once more at the
// moment of sending. Whether the stage allows the act is said elsewhere.
func (s *Server) checkContent(ctx context.Context, view RequestView, name tdr.Name, content tdr.ContentHash) error {
	if move, _ := tdr.MoveOf(name); !slices.Contains(move.From, view.Stage) {
		return nil
	}
	found, err := s.packages.PackageOf(ctx, view.RequestID, content)
	switch {
	case errors.Is(err, ErrNotFound):
		return fault("content", "names no package on record of this request")
	case err != nil:
		return fmt.Errorf("read package: %w", err)
	case found.Void != "":
		return fault("content", "the package is void: "+found.Void)
	case name == tdr.RequestReviewName:
		return nil
	case name == tdr.ApproveName && found.PreparedBy == principalOf(ctx).Subject:
		return newProblem(samePerson, "who prepared a package does not approve it")
	case name == tdr.ApproveName && slices.ContainsFunc(found.Items, func(i PackageItem) bool { return i.EnteredBy == principalOf(ctx).Subject }):
		return newProblem(samePerson, "who uploaded a document in a package, or wrote its data sheet, does not approve it")
	case found.Undisclosed > 0:
		return fault("content", "an item waits for its disclosure review, or was withheld")
	}
	return nil
}

func packageOf(p Package) contract.Package {
	return contract.Package{
		Id: p.ID, RequestId: p.RequestID, Content: p.Content, Country: p.Country, Post: p.Post, Pages: p.Pages, Bytes: p.Bytes,
		PreparedAt: utc(p.PreparedAt), PreparedBy: p.PreparedBy, Void: p.Void, Undisclosed: p.Undisclosed,
		Items: mapped(p.Items, packageItemOf),
	}
}

func packageItemOf(i PackageItem) contract.PackageItem {
	state := contract.Listed
	switch {
	case i.Decision == Disclose:
		state = contract.Disclosed
	case i.Decision == Withhold:
		state = contract.Withheld
	case i.NeedsReview:
		state = contract.NeedsDisclosureReview
	}
	return contract.PackageItem{
		Position: i.Position, Kind: i.Kind, DocumentId: i.DocumentID, Type: i.Type, Sha256: i.SHA256, Pages: i.Pages, State: state,
		Reason: i.Reason, DecidedBy: i.DecidedBy, DecidedAt: utc(i.DecidedAt),
	}
}
