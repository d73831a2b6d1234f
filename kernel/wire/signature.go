package wire

import (
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"sync"
)

// hashOf is the hash function of a signature scheme.
func hashOf(scheme string) (func() hash.Hash, error) {
	switch scheme {
	case "hmac-sha256":
		return sha256.New, nil
	case "hmac-sha512":
		return sha512.New, nil
	case "hmac-md5":
		return md5.New, nil
	}
	return nil, fmt.Errorf("signature scheme %q is none of hmac-sha256, hmac-sha512, hmac-md5", scheme)
}

// signer signs the four JSON parts of messages.
type signer struct {
	macs sync.Pool // of hash.Hash, keyed: to key one costs as much as a short message
	key  []byte    // empty: messages are not signed

	mu     sync.Mutex
	seen   map[digest]struct{}
	recent []digest // a ring of what seen holds
	next   int
}

// A digest is the beginning of a signature: 128 bits, which all of them have.
type digest [md5.Size]byte

// remembered is how many signatures are known, as in jupyter_client, to tell
// a message that is sent again by somebody who does not have the key.
const remembered = 1 << 16

func newSigner(scheme, key string) (*signer, error) {
	h, err := hashOf(scheme)
	if err != nil {
		return nil, err
	}
	s := &signer{key: []byte(key), seen: map[digest]struct{}{}}
	s.macs.New = func() any { return hmac.New(h, s.key) }
	return s, nil
}

func (s *signer) sign(parts [][]byte) []byte {
	if len(s.key) == 0 {
		return []byte{}
	}
	return hex.AppendEncode(nil, s.sum(parts))
}

func (s *signer) sum(parts [][]byte) []byte {
	mac := s.macs.Get().(hash.Hash)
	defer s.macs.Put(mac)
	mac.Reset()
	for _, part := range parts {
		mac.Write(part)
	}
	return mac.Sum(nil)
}

// verify accepts a right signature once.
func (s *signer) verify(signature []byte, parts [][]byte) error {
	if len(s.key) == 0 {
		return nil
	}
	sum := s.sum(parts)
	if !hmac.Equal(signature, hex.AppendEncode(nil, sum)) {
		return errors.New("wrong signature")
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	d := digest(sum)
	if _, again := s.seen[d]; again {
		return errors.New("a message with this signature came before")
	}
	s.seen[d] = struct{}{}
	if len(s.recent) < remembered {
		s.recent = append(s.recent, d)
		return nil
	}
	delete(s.seen, s.recent[s.next])
	s.recent[s.next] = d
	s.next = (s.next + 1) % remembered
	return nil
}
