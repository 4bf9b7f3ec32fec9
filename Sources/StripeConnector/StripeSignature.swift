internal import Crypto
package import Foundation

/// Why a webhook's signature was not accepted.
package enum StripeSignatureError: Error, Sendable, Hashable, CustomStringConvertible {
    case missingHeader
    /// No readable `t=` in the header.
    case noTimestamp
    /// No `v1=` in the header; other schemes are not accepted.
    case noSignature
    /// No secret is configured for the account: nothing can be verified.
    case noSecret
    /// No `v1` was made from this body with one of the secrets.
    case mismatch
    /// Signed longer ago than the tolerance.
    case expired(seconds: Int)
    /// Signed further in the future than the tolerance.
    case inFuture(seconds: Int)

    package var description: String {
        switch self {
        case .missingHeader: "the request has no Stripe-Signature header"
        case .noTimestamp: "the Stripe-Signature header has no readable timestamp"
        case .noSignature: "the Stripe-Signature header has no v1 signature"
        case .noSecret: "no webhook signing secret is configured for this account"
        case .mismatch: "no signature matches this body and a configured secret"
        case .expired(let seconds): "the signature is \(seconds) s old; send the event again"
        case .inFuture(let seconds):
            "the signature is \(seconds) s in the future; check this machine's clock"
        }
    }
}

/// Verifies `Stripe-Signature: t=…,v1=…[,v1=…]` over the raw body.
///
/// Stripe's own libraries accept any time in the future; this one bounds both sides. Every
/// signature is compared with every secret, each in constant time, because while a secret is rolled
/// both it and its successor sign.
package enum StripeSignature {
    package static let tolerance: Duration = .seconds(300)
    /// More are not compared: a hostile header must not buy unbounded work.
    private static let signaturesMax = 16

    package static func verify(
        header: String?, body: [UInt8], secrets: [String], now: Date,
        tolerance: Duration = StripeSignature.tolerance
    ) throws(StripeSignatureError) {
        guard let header else { throw .missingHeader }
        guard !secrets.isEmpty else { throw .noSecret }
        var timestamp: (text: Substring, seconds: Int64)?
        var signatures: [[UInt8]] = []
        for item in header.split(separator: ",") {
            let parts = item.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let value = parts[1].drop { $0 == " " }
            switch parts[0].drop(while: { $0 == " " }) {
            case "t":
                guard timestamp == nil, let seconds = Int64(value), seconds >= 0 else {
                    throw .noTimestamp
                }
                timestamp = (value, seconds)
            case "v1":
                if signatures.count < signaturesMax, let bytes = bytes(hex: value) {
                    signatures.append(bytes)
                }
            default: continue
            }
        }
        guard let timestamp else { throw .noTimestamp }
        guard !signatures.isEmpty else { throw .noSignature }
        let signed = Array(timestamp.text.utf8) + [UInt8(ascii: ".")] + body
        var isMatching = false
        for secret in secrets {
            let key = SymmetricKey(data: Array(secret.utf8))
            for signature in signatures
            where HMAC<SHA256>.isValidAuthenticationCode(
                signature, authenticating: signed, using: key)
            {
                isMatching = true
            }
        }
        guard isMatching else { throw .mismatch }
        try checkAge(of: timestamp.seconds, now: now, tolerance: tolerance)
    }

    private static func checkAge(
        of seconds: Int64, now: Date, tolerance: Duration
    ) throws(StripeSignatureError) {
        let age = now.timeIntervalSince1970 - Double(seconds)
        let limit = Double(tolerance.components.seconds)
        // Clamped: `seconds` is the sender's and may be anything.
        if age > limit { throw .expired(seconds: Int(min(age, 1e15))) }
        if -age > limit { throw .inFuture(seconds: Int(min(-age, 1e15))) }
    }

    private static func bytes(hex text: Substring) -> [UInt8]? {
        guard text.utf8.count == 64 else { return nil }
        var bytes: [UInt8] = []
        var high: UInt8?
        for character in text {
            guard let digit = character.hexDigitValue.map(UInt8.init) else { return nil }
            if let first = high {
                bytes.append(first << 4 | digit)
                high = nil
            } else {
                high = digit
            }
        }
        return bytes.count == 32 ? bytes : nil
    }
}
