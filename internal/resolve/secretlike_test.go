package resolve

import "testing"

func TestSecretsByName(t *testing.T) {
	for _, name := range []string{
		"PASSWORD", "DB_PASSWORD", "PGPASSWORD", "MYSQL_ROOT_PASSWORD", "dbPassword", "JWT_SECRET", "SECRET_KEY_BASE", "API_TOKEN",
		"GITHUBTOKEN", "APIKEY", "STRIPE_API_KEY", "AWS_SECRET_ACCESS_KEY", "PRIVATE_KEY", "SMTP_PASSWD", "CREDENTIALS",
	} {
		if secretLiteral(name, "hunter2") == "" {
			t.Errorf("%s holds no secret", name)
		}
		for _, harmless := range []string{"", "true", "$(OTHER)", "/var/run/secrets/db/password"} {
			if kind := secretLiteral(name, harmless); kind != "" {
				t.Errorf("%s: %q is taken for %s", name, harmless, kind)
			}
		}
	}
	for name, value := range map[string]string{
		"TOKEN_TTL": "1h", "PASSWORD_FILE": "secret", "MAX_TOKENS": "4096", "TOKENIZER": "bpe", "SECRET_NAME": "db", "PASSWORD_MIN_LENGTH": "12",
		"TOKEN_ISSUER": "acme", "USE_TOKEN_AUTH": "yes", "LOG_LEVEL": "debug", "KEYBOARD": "qwerty", "PRIVATE_NETWORK": "10.0.0.0/8",
		"OAUTH_TOKEN_URL": "https://id.acme.io/token", "MONKEY": "banana", "PASS_THROUGH": "all", "COMPASS": "north",
	} {
		if kind := secretLiteral(name, value); kind != "" {
			t.Errorf("%s: %q is taken for %s", name, value, kind)
		}
	}
}

func TestSecretsByValue(t *testing.T) {
	for value, want := range map[string]string{
		"AKIAIOSFODNN7EXAMPLE":                                             "an AWS access key",
		"-----BEGIN EC PRIVATE KEY-----\nMHc":                              "a private key",
		"-----BEGIN CERTIFICATE-----\nMIIB":                                "",
		"postgres://shop:hunter2@db:5432/orders":                           "an address with a password",
		"postgres://shop@db:5432/orders":                                   "",
		"https://acme.io:8443/a@b":                                         "",
		"redis://:hunter2@cache:6379":                                      "an address with a password",
		"eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl":            "a JSON web token",
		"kX9vQ2mTz7LwPbR4sNcY8hJd3FgUaEi6":                                 "what looks like a random key",
		"123e4567-e89b-12d3-a456-426614174000":                             "",
		"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08": "",
		"com.acme.shop.checkout.OrderServiceFactory2":                      "",
		"/opt/App1/Config2/SomeVeryLongDirectory3/Name":                    "",
		"ProductCatalogServiceHandlerFactoryBean123":                       "",
		"arn:aws:iam::123456789012:role/CheckoutServiceRole":               "",
	} {
		if got := secretValue(value); got != want {
			t.Errorf("%q is %q, want %q", value, got, want)
		}
	}
}
