import Testing

@testable import PaymentEvents

struct RedactionTests {
    @Test func `personal data and secrets go, what operators need stays`() {
        let payload: JSONValue = [
            "customer_email": "jo@example.com", "Email": "jo@example.com", "firstName": "Jo",
            "phone": 5551234, "client_secret": "pi_1_secret_2", "access_token": "t",
            "shipping": ["name": "Jo Doe", "address": ["line1": "Street 1", "city": "Köln"]],
            "card": ["last4": "4242", "brand": "visa", "exp_year": 2030],
            "amount": 1999, "order_no": "00000410", "email": nil,
            "notes": ["call jo@example.com about 4242 4242 4242 4242", "key sk_live_abc!"],
            "number": "x", "captured_at": 1_795_514_400_000, "pan": 4_242_424_242_424_242,
            "odd": 4_242_424_242_424_242,
        ]
        #expect(
            Redaction.redacted(payload) == [
                "customer_email": "[redacted]", "Email": "[redacted]", "firstName": "[redacted]",
                "phone": "[redacted]", "client_secret": "[redacted]",
                "access_token": "[redacted]",
                "shipping": ["name": "[redacted]", "address": "[redacted]"],
                "card": ["last4": "4242", "brand": "visa", "exp_year": 2030],
                "amount": 1999, "order_no": "00000410", "email": nil,
                "notes": ["call [redacted] about [card 4242]", "key [redacted]!"],
                "number": "[redacted]", "captured_at": 1_795_514_400_000, "pan": "[redacted]",
                "odd": "[card 4242]",
            ])
    }

    @Test(arguments: [
        ("", ""), ("plain", "plain"), ("a@b", "a@b"), ("jo.doe+x@example.co.uk", "[redacted]"),
        ("<jo@example.com>, two", "<[redacted]>, two"), ("at @ noon", "at @ noon"),
        ("whsec_123", "[redacted]"), ("pi_1_secret_9 x", "[redacted] x"), ("pi_123", "pi_123"),
        ("4242424242424242 and 5555555555554444", "[card 4242] and [card 4444]"),
        ("ü 4242-4242-4242-4242 ü jö@exämple.de", "ü [card 4242] ü [redacted]"),
    ])
    func `text is cleaned where it stands`(text: String, safe: String) {
        #expect(Redaction.safe(text) == safe)
    }

    @Test func `redacting twice changes nothing more`() {
        let once = Redaction.redacted(.object(Samples.capture.merging(["email": "a@b.de"]) { $1 }))
        #expect(Redaction.redacted(once) == once)
    }

    @Test func `names of members are cleaned too`() {
        #expect(Redaction.redacted(["jo@example.com": 1]) == ["[redacted]": 1])
    }
}
