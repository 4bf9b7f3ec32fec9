import Crypto
package import Foundation

/// Why a signature was not accepted.
package enum SignatureError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What is wrong with the header or the signature itself.
    case invalid(String)
    case expired(seconds: Int)
    case inFuture(seconds: Int)

    package var description: String {
        switch self {
        case .invalid(let reason): reason
        case .expired(let seconds):
            "the signature is \(seconds) s old, the limit is 300 s; sign again"
        case .inFuture(let seconds):
            "the signature is \(seconds) s in the future, the limit is 300 s; check the clock"
        }
    }
}

/// How callers sign `POST /v1/events`, and how that is checked.
///
/// `Clearway-Signature: t=<Unix seconds>,v1=<hex>[,v1=<hex>…]`, where each `v1` is the HMAC-SHA256
/// of the text of `t`, a dot and the raw body, keyed with one of the shared secrets. Several `v1`
/// and several secrets make rolling one possible. Every signature is compared with every secret in
/// constant time, and the time is judged only once the signature is known to be genuine.
package enum CallerSignature {
    package static let headerName = "Clearway-Signature"
    package static let tolerance = 300
    /// More are not compared: a hostile header must not buy unbounded work.
    private static let signaturesMax = 8

    /// The header that signs `body`. For producers and tests.
    package static func header(body: [UInt8], secret: String, at date: Date) -> String {
        let time = String(Int64(date.timeIntervalSince1970))
        let code = HMAC<SHA256>.authenticationCode(
            for: signed(time, body), using: SymmetricKey(data: Array(secret.utf8)))
        let hex = code.map { byte in
            let text = String(byte, radix: 16)
            return text.count == 1 ? "0" + text : text
        }
        return "t=\(time),v1=\(hex.joined())"
    }

    package static func verify(
        header: String?, body: [UInt8], secrets: [String], now: Date
    ) throws(SignatureError) {
        guard let header else {
            throw .invalid("the request has no \(headerName) header")
        }
        var time: String?
        var signatures: [[UInt8]] = []
        for item in header.split(separator: ",") {
            let parts = item.split(separator: "=", maxSplits: 1)
            guard parts.count == 2 else { continue }
            let value = String(parts[1].filter { $0 != " " })
            switch parts[0].filter({ $0 != " " }) {
            case "t": time = value
            case "v1":
                if signatures.count < signaturesMax, let bytes = Self.bytes(hex: value) {
                    signatures.append(bytes)
                }
            default: continue
            }
        }
        guard let time, let seconds = Int64(time), seconds >= 0 else {
            throw .invalid("the \(headerName) header has no readable t=<Unix seconds>")
        }
        guard !signatures.isEmpty else {
            throw .invalid("the \(headerName) header has no v1=<64 hexadecimal digits>")
        }
        let text = signed(time, body)
        var isGenuine = false
        for secret in secrets {
            let key = SymmetricKey(data: Array(secret.utf8))
            for signature in signatures
            where HMAC<SHA256>.isValidAuthenticationCode(
                signature, authenticating: text, using: key)
            {
                isGenuine = true
            }
        }
        guard isGenuine else {
            throw .invalid("no signature was made from this body with a configured secret")
        }
        let age = now.timeIntervalSince1970 - Double(seconds)
        // Clamped: the time is the sender's and may be anything.
        if age > Double(tolerance) { throw .expired(seconds: Int(min(age, 1e15))) }
        if -age > Double(tolerance) { throw .inFuture(seconds: Int(min(-age, 1e15))) }
    }

    private static func signed(_ time: String, _ body: [UInt8]) -> [UInt8] {
        Array(time.utf8) + [UInt8(ascii: ".")] + body
    }

    private static func bytes(hex text: String) -> [UInt8]? {
        let digits = text.utf8.compactMap { Character(UnicodeScalar($0)).hexDigitValue }
        guard digits.count == 64, text.utf8.count == 64 else { return nil }
        return stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
    }
}
