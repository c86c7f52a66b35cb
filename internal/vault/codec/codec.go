// Package codec seals what the engine keeps: arguments, results, signals,
// memos, queries and the words of failures. Ids, names of workflows and search
// attributes stay readable; nothing personal is in them, nor in what is sealed.
package codec

import (
	"errors"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/temporal"
	"google.golang.org/protobuf/proto"
)

// Metadata of a sealed payload, named as Temporal's samples name them.
const (
	Encoding  = "binary/encrypted"
	keyIDName = "encryption-key-id"
)

// Keys seals and opens. What Seal returns must be opened by every process for
// as long as a history may live.
type Keys interface {
	Seal(plaintext []byte) (keyID string, sealed []byte, err error)
	Open(keyID string, sealed []byte) ([]byte, error)
}

// Apply makes a client seal what it sends and open what it gets, failures too.
// Histories from before it read as they did.
func Apply(options *client.Options, keys Keys) {
	options.DataConverter = converter.NewCodecDataConverter(converter.GetDefaultDataConverter(), New(keys))
	options.FailureConverter = temporal.NewDefaultFailureConverter(temporal.DefaultFailureConverterOptions{
		DataConverter: options.DataConverter, EncodeCommonAttributes: true,
	})
}

// New is the codec by itself.
func New(keys Keys) converter.PayloadCodec { return sealing{keys} }

type sealing struct{ keys Keys }

// Encode seals each payload with its metadata.
func (s sealing) Encode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	sealed := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		plaintext, err := proto.Marshal(payload)
		if err != nil {
			return nil, fmt.Errorf("encode payload: %w", err)
		}
		keyID, data, err := s.keys.Seal(plaintext)
		if err != nil {
			return nil, fmt.Errorf("encode payload: %w", err)
		}
		sealed[i] = &commonpb.Payload{
			Metadata: map[string][]byte{converter.MetadataEncoding: []byte(Encoding), keyIDName: []byte(keyID)},
			Data:     data,
		}
	}
	return sealed, nil
}

// Decode opens what Encode sealed and leaves everything else as it is.
func (s sealing) Decode(payloads []*commonpb.Payload) ([]*commonpb.Payload, error) {
	opened := make([]*commonpb.Payload, len(payloads))
	for i, payload := range payloads {
		if string(payload.GetMetadata()[converter.MetadataEncoding]) != Encoding {
			opened[i] = payload
			continue
		}
		plaintext, err := s.keys.Open(string(payload.GetMetadata()[keyIDName]), payload.GetData())
		if err != nil {
			return nil, fmt.Errorf("decode payload: %w", err)
		}
		opened[i] = &commonpb.Payload{}
		if err := proto.Unmarshal(plaintext, opened[i]); err != nil {
			return nil, fmt.Errorf("decode payload: %w", errDamaged)
		}
	}
	return opened, nil
}

// errDamaged stands for an error that could quote what was sealed.
var errDamaged = errors.New("what was sealed is no payload")
