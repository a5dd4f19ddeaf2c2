// Hides instructions of this processor from a program, to measure what it would do on one without them.
//
//     cc -O2 -shared -fPIC -Wl,-z,initfirst -o held.so held.c
//     LD_PRELOAD=./held.so TL_HELD_TO=avx2 program …
//
// Libraries that choose their kernels while they run ask CPUID what the processor can do. Many x86
// processors can have that instruction fault instead (CPUID faulting, `cpuid_fault` in /proc/cpuinfo;
// Intel, "Virtualization Technology FlexMigration Application Note"), and Linux offers it to a process:
// arch_prctl(2), ARCH_SET_CPUID. The fault arrives as SIGSEGV; the handler below asks the processor
// itself, clears the bits of what is to be hidden, and goes on behind the instruction. Threads and
// children by fork inherit the setting; exec ends it, and the preloaded library then sets it anew.
//
// TL_HELD_TO=avx2 hides AVX-512, AMX, AVX-VNNI and AVX10; TL_HELD_TO=avxvnni keeps AVX-VNNI. What is asked
// before the first constructor isn't held: the C library's choice of memcpy (GLIBC_TUNABLES holds that,
// held.py sets it), and functions of the program itself that the dynamic linker chooses (IFUNC; tl has
// such, and is held by TL_KERNELS). Libraries that come later, as all of Python's, are held. What the
// registers can hold (leaf 13, XGETBV) stays true: the C library saves them by it.
//
// Bits of leaf 7: Intel, "Software Developer's Manual", volume 2A, CPUID.

#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#if !defined(__linux__) || !defined(__x86_64__)
#error "CPUID faulting is of Linux on x86-64"
#endif

// From <asm/prctl.h>, which not every system has installed.
#define ARCH_SET_CPUID 0x1012

#define BIT(n) (1u << (n))

// Leaf 7, subleaf 0: AVX-512 F, DQ, IFMA, PF, ER, CD, BW and VL; VBMI, VBMI2, VNNI, BITALG and VPOPCNTDQ;
// 4VNNIW, 4FMAPS, VP2INTERSECT and FP16, with AMX BF16, TILE and INT8.
static const uint32_t hidden_7_0_ebx =
    BIT(16) | BIT(17) | BIT(21) | BIT(26) | BIT(27) | BIT(28) | BIT(30) | BIT(31);
static const uint32_t hidden_7_0_ecx = BIT(1) | BIT(6) | BIT(11) | BIT(12) | BIT(14);
static const uint32_t hidden_7_0_edx = BIT(2) | BIT(3) | BIT(8) | BIT(22) | BIT(23) | BIT(24) | BIT(25);
// Leaf 7, subleaf 1: AVX512-BF16, AMX-FP16 and AVX-IFMA; AVX-VNNI-INT8, AVX-NE-CONVERT, AMX-COMPLEX,
// AVX-VNNI-INT16, AVX10 and APX.
static const uint32_t hidden_7_1_eax = BIT(5) | BIT(21) | BIT(23);
static const uint32_t hidden_7_1_edx = BIT(4) | BIT(5) | BIT(8) | BIT(10) | BIT(19) | BIT(21);
static const uint32_t avxvnni_7_1_eax = BIT(4);

static int keeps_avxvnni;
static atomic_ulong answers;

struct registers {
  uint32_t eax, ebx, ecx, edx;
};

static struct registers cpuid(uint32_t leaf, uint32_t subleaf) {
  struct registers r;
  __asm__ volatile("cpuid" : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx) : "a"(leaf), "c"(subleaf));
  return r;
}

static struct registers held(uint32_t leaf, uint32_t subleaf, struct registers r) {
  if (leaf == 7 && subleaf == 0) {
    r.ebx &= ~hidden_7_0_ebx;
    r.ecx &= ~hidden_7_0_ecx;
    r.edx &= ~hidden_7_0_edx;
  } else if (leaf == 7 && subleaf == 1) {
    r.eax &= ~(hidden_7_1_eax | (keeps_avxvnni ? 0 : avxvnni_7_1_eax));
    r.edx &= ~hidden_7_1_edx;
  } else if (leaf == 0x1d || leaf == 0x1e || leaf == 0x24) {
    // What AMX's tiles and AVX10 are like.
    memset(&r, 0, sizeof r);
  }
  return r;
}

static long set_cpuid(int is_allowed) { return syscall(SYS_arch_prctl, ARCH_SET_CPUID, is_allowed); }

static void answer(int signal_number, siginfo_t *info, void *context) {
  greg_t *registers = ((ucontext_t *)context)->uc_mcontext.gregs;
  // A faulting CPUID is a general protection exception, which the kernel sends as SI_KERNEL; there the
  // instruction itself could be fetched, so that it can be read.
  const uint8_t *instruction = (const uint8_t *)registers[REG_RIP];
  if (info->si_code != SI_KERNEL || instruction[0] != 0x0f || instruction[1] != 0xa2) {
    // An error of the program itself: it happens again on return, and ends the program.
    signal(signal_number, SIG_DFL);
    return;
  }
  uint32_t leaf = (uint32_t)registers[REG_RAX], subleaf = (uint32_t)registers[REG_RCX];
  set_cpuid(1);
  struct registers r = held(leaf, subleaf, cpuid(leaf, subleaf));
  set_cpuid(0);
  registers[REG_RAX] = r.eax;
  registers[REG_RBX] = r.ebx;
  registers[REG_RCX] = r.ecx;
  registers[REG_RDX] = r.edx;
  registers[REG_RIP] += 2;
  atomic_fetch_add_explicit(&answers, 1, memory_order_relaxed);
}

// A thread that blocks SIGSEGV would be killed by its first CPUID: so nothing can block it, neither by the
// two functions below nor by what started the program.
typedef int mask_function(int, const sigset_t *, sigset_t *);

static int set_mask(const char *function, int how, const sigset_t *set, sigset_t *before) {
  mask_function *original = (mask_function *)dlsym(RTLD_NEXT, function);
  sigset_t copy;
  if (set && how != SIG_UNBLOCK) {
    copy = *set;
    sigdelset(&copy, SIGSEGV);
    set = &copy;
  }
  return original(how, set, before);
}

int pthread_sigmask(int how, const sigset_t *set, sigset_t *before) {
  return set_mask("pthread_sigmask", how, set, before);
}

int sigprocmask(int how, const sigset_t *set, sigset_t *before) {
  return set_mask("sigprocmask", how, set, before);
}

// Linked with -z initfirst this comes before every other library's constructor, such as libgcc's, which
// asks CPUID. The C library's own hasn't run either: hence the environment by argument.
__attribute__((constructor)) static void begin(int count, char **arguments, char **environment) {
  (void)count, (void)arguments;
  const char *set = NULL, *name = "TL_HELD_TO=";
  for (char **variable = environment; *variable; variable++)
    if (strncmp(*variable, name, strlen(name)) == 0) set = *variable + strlen(name);
  if (!set || (strcmp(set, "avx2") != 0 && strcmp(set, "avxvnni") != 0)) {
    fprintf(stderr, "held.so: TL_HELD_TO must be avx2 or avxvnni\n");
    _exit(64);
  }
  keeps_avxvnni = strcmp(set, "avxvnni") == 0;
  struct sigaction action = {.sa_sigaction = answer, .sa_flags = SA_SIGINFO | SA_NODEFER};
  sigset_t fault;
  sigemptyset(&fault);
  sigaddset(&fault, SIGSEGV);
  if (sigaction(SIGSEGV, &action, NULL) != 0 || sigprocmask(SIG_UNBLOCK, &fault, NULL) != 0
      || set_cpuid(0) != 0) {
    perror("held.so: this machine can't have CPUID fault");
    _exit(69);
  }
}

/// How many instructions of the sets that are to be hidden this program still sees: bits set in what the
/// CPUID instruction itself gives, on the calling thread. 0 where everything is hidden.
int tl_held_visible(void) {
  struct registers a = cpuid(7, 0), b = cpuid(7, 1);
  return __builtin_popcount(a.ebx & hidden_7_0_ebx) + __builtin_popcount(a.ecx & hidden_7_0_ecx)
      + __builtin_popcount(a.edx & hidden_7_0_edx)
      + __builtin_popcount(b.eax & (hidden_7_1_eax | (keeps_avxvnni ? 0 : avxvnni_7_1_eax)))
      + __builtin_popcount(b.edx & hidden_7_1_edx);
}

/// How often CPUID was answered so far. Each takes microseconds; while something is measured there should
/// be none.
unsigned long tl_held_answers(void) { return atomic_load_explicit(&answers, memory_order_relaxed); }
