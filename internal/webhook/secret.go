package webhook

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

// bothSecrets is how long the secret of before is still used after a rotation, so that a receiver can change over.
const bothSecrets = 24 * time.Hour

// newSeed makes what a secret grows of: 130 random bits or more.
func newSeed() string { return rand.Text() }

// secretOf is the secret of a seed, "whsec_" and 256 bits in base64. The registry's secret is in it, so that a table of webhooks
// alone signs nothing.
func secretOf(registry []byte, seed string) string {
	m := hmac.New(sha256.New, registry)
	m.Write([]byte("webhook:" + seed))
	return "whsec_" + base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// signatures are those of a message, separated by spaces: one for each secret.
func signatures(secrets []string, messageID string, at time.Time, payload []byte) (all string, err error) {
	for _, secret := range secrets {
		signer, err := standardwebhooks.NewWebhook(secret)
		if err != nil {
			return "", err
		}
		signature, err := signer.Sign(messageID, at, payload)
		if err != nil {
			return "", err
		}
		if all != "" {
			all += " "
		}
		all += signature
	}
	return all, nil
}
