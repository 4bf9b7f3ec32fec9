import Crypto
package import Foundation

/// Stripe's signature scheme: HMAC-SHA256 over `t + "." + body`, one `v1` for each secret.
package enum WebhookSignature {
    /// The value of `Stripe-Signature` for a body sent at `time`.
    package static func header(body: [UInt8], secrets: [String], at time: Date) -> String {
        let timestamp = String(Int(time.timeIntervalSince1970))
        let signatures = secrets.map { secret in
            var authentication = HMAC<SHA256>(key: SymmetricKey(data: Data(secret.utf8)))
            authentication.update(data: Data((timestamp + ".").utf8))
            authentication.update(data: body)
            let digits = authentication.finalize().map { byte in
                (byte < 16 ? "0" : "") + String(byte, radix: 16)
            }
            return "v1=" + digits.joined()
        }
        return (["t=" + timestamp] + signatures).joined(separator: ",")
    }
}
