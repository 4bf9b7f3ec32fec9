import Crypto
import Foundation
import StripeConnector
import Testing

@Suite struct StripeSignatureTests {
    private let body = Array(#"{"id":"evt_1"}"#.utf8)
    private let now = Date(timeIntervalSince1970: 1_800_000_000)

    private func sign(_ secret: String, at timestamp: String = "1800000000") -> String {
        let signed = Array("\(timestamp).".utf8) + body
        return HMAC<SHA256>
            .authenticationCode(for: signed, using: SymmetricKey(data: Array(secret.utf8)))
            .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }

    private func verdict(
        _ header: String?, secrets: [String] = ["whsec_a"], body: [UInt8]? = nil
    ) -> StripeSignatureError? {
        do throws(StripeSignatureError) {
            try StripeSignature.verify(
                header: header, body: body ?? self.body, secrets: secrets, now: now)
            return nil
        } catch {
            return error
        }
    }

    @Test func `a known vector is accepted`() {
        // printf '1800000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_a
        #expect(sign("whsec_a") == Self.vector)
        #expect(verdict("t=1800000000,v1=\(Self.vector)") == nil)
    }

    @Test func `another body, another secret or another time is refused`() {
        let header = "t=1800000000,v1=\(sign("whsec_a"))"
        #expect(verdict(header, body: body + [0x20]) == .mismatch)
        #expect(verdict(header, secrets: ["whsec_b"]) == .mismatch)
        #expect(verdict("t=1800000001,v1=\(sign("whsec_a"))") == .mismatch)
    }

    @Test func `while a secret is rolled either of both is accepted`() {
        let old = sign("whsec_old")
        let new = sign("whsec_new")
        #expect(verdict("t=1800000000,v1=\(old),v1=\(new)", secrets: ["whsec_new"]) == nil)
        #expect(verdict("t=1800000000,v1=\(old)", secrets: ["whsec_new", "whsec_old"]) == nil)
        #expect(verdict("t=1800000000, v1=\(old), v0=x", secrets: ["whsec_old"]) == nil)
    }

    @Test(
        arguments: [
            ("1799999700", nil), ("1799999699", .expired(seconds: 301)),
            ("1800000300", nil), ("1800000301", .inFuture(seconds: 301)),
            ("9223372036854775807", .inFuture(seconds: 1_000_000_000_000_000)),
        ] as [(String, StripeSignatureError?)])
    func `the time is bounded on both sides`(timestamp: String, expected: StripeSignatureError?) {
        #expect(
            verdict("t=\(timestamp),v1=\(sign("whsec_a", at: timestamp))") == expected)
    }

    @Test(
        arguments: [
            (nil, .missingHeader), ("", .noTimestamp), ("v1=00", .noTimestamp),
            ("t=abc,v1=00", .noTimestamp), ("t=-1,v1=00", .noTimestamp),
            ("t=1800000000", .noSignature), ("t=1800000000,v0=00", .noSignature),
            ("t=1800000000,v1=xyz", .noSignature), ("t=1,t=2,v1=00", .noTimestamp),
            ("=,==,,t=", .noTimestamp),
        ] as [(String?, StripeSignatureError)])
    func `a malformed header says what is wrong`(header: String?, expected: StripeSignatureError) {
        #expect(verdict(header) == expected)
    }

    @Test func `without a secret nothing is accepted`() {
        #expect(verdict("t=1800000000,v1=\(sign(""))", secrets: []) == .noSecret)
    }

    private static let vector =
        "a55079840ea2399121b7cc9ddcc2d7f3eadb4e93e38ab7d315482aa8d4846852"
}
