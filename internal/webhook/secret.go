package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// secretOverlap is how long messages are also signed with the previous secret after a rotation, so that receivers have
// time to switch.
const secretOverlap = 24 * time.Hour

// newSeed returns the seed of a secret, at least 130 random bits.
func newSeed() string { return rand.Text() }

// secretOf derives the secret of a seed: "whsec_" and 256 bits in base64. It also depends on the registry's secret, so
// that the table of webhooks alone is not enough to sign messages.
func secretOf(registry []byte, seed string) string {
	m := hmac.New(sha256.New, registry)
	m.Write([]byte("webhook:" + seed))
	return "whsec_" + base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// signatures signs a message with each secret and returns the signatures, separated by spaces.
func signatures(secrets []string, messageID string, at time.Time, payload []byte) (string, error) {
	all := make([]string, len(secrets))
	for i, secret := range secrets {
		signer, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return "", err
		}
		if all[i], err = signer.Sign(messageID, at, payload); err != nil {
			return "", err
		}
	}
	return strings.Join(all, " "), nil
}
