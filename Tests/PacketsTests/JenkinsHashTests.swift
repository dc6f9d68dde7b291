import Packets
import Testing

/// Against `linux/jhash.h`, computed by a program of its own.
struct JenkinsHashTests {
    @Test func hashesAsTheKernelDoes() {
        #expect(JenkinsHash.hash(0x0102_0304, initial: 0) == 0xec5b_1971)
        #expect(JenkinsHash.hash(0, initial: 0xdead_beef) == 0xfa0f_3b86)
        #expect(JenkinsHash.hash([1, 2, 3, 4], initial: 0) == 0x6649_1246)
        #expect(JenkinsHash.hash([.max, .max, .max, .max], initial: 17) == 0xb3b1_6d06)
    }
}
