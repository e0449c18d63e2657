package dev.memux.engine;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.type;
import static com.tngtech.archunit.core.domain.properties.HasName.Predicates.name;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.core.domain.properties.HasParameterTypes.Predicates.rawParameterTypes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noFields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaCall;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.net.Inet4Address;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Clock;
import java.time.InstantSource;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the engine may see of itself and of the JDK. The compiler holds the rest (module-info). */
final class EngineArchitectureTest {
  private static final JavaClasses ENGINE =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.memux.engine");

  /** Each package sees only those before it. */
  private static final List<String> ORDER =
      List.of("memory", "wire", "stream", "schedule", "mux", "quic", "qmux");

  @ParameterizedTest
  @ValueSource(strings = {"memory", "wire", "stream", "schedule", "mux"})
  void aPackageNeverSeesALaterOne(String earlier) {
    noClasses()
        .that()
        .resideInAPackage(packages(earlier))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(
            ORDER.subList(ORDER.indexOf(earlier) + 1, ORDER.size()).stream()
                .map(EngineArchitectureTest::packages)
                .toArray(String[]::new))
        .allowEmptyShould(true)
        .check(ENGINE);
  }

  @Test
  void onlyQuicKnowsPacketsRecoveryAndCongestion() {
    String[] carrier = {packages("packet"), packages("recovery"), packages("congestion")};
    noClasses()
        .that(not(resideInAnyPackage(carrier)).and(not(resideInAPackage(packages("quic")))))
        .should()
        .dependOnClassesThat()
        .resideInAnyPackage(carrier)
        .allowEmptyShould(true)
        .check(ENGINE);
  }

  @Test
  void theTwoCarriersDoNotKnowEachOther() {
    for (String[] pair : new String[][] {{"quic", "qmux"}, {"qmux", "quic"}}) {
      noClasses()
          .that()
          .resideInAPackage(packages(pair[0]))
          .should()
          .dependOnClassesThat()
          .resideInAPackage(packages(pair[1]))
          .check(ENGINE);
    }
  }

  @Test
  void packagesFormNoCycle() {
    slices().matching("dev.memux.engine.(*)..").should().beFreeOfCycles().check(ENGINE);
  }

  @Test
  void dependsOnTheJdkAndTlsAlone() {
    classes()
        .should()
        .onlyDependOnClassesThat()
        .resideInAnyPackage(
            "dev.memux.engine..", "dev.memux.tls..", "java..", "javax.crypto..", "org.jspecify..")
        .check(ENGINE);
  }

  @Test
  void readsNoClock() {
    DescribedPredicate<JavaCall<?>> now =
        target(name("nanoTime").or(name("currentTimeMillis")))
            .and(target(owner(type(System.class))))
            .or(target(name("now")).and(target(owner(resideInAPackage("java.time..")))))
            .as("the JDK's clocks");
    noClasses().should().callMethodWhere(now).check(ENGINE);
    noClasses()
        .should()
        .dependOnClassesThat(assignableTo(Clock.class).or(assignableTo(InstantSource.class)))
        .check(ENGINE);
  }

  @Test
  void hasNoThreadsAndNoLocks() {
    DescribedPredicate<JavaClass> concurrency =
        resideInAPackage("java.util.concurrent..")
            .and(not(type(TimeUnit.class)))
            .or(type(Thread.class))
            .or(assignableTo(ThreadLocal.class));
    noClasses().should().dependOnClassesThat(concurrency).check(ENGINE);
    noMethods().should().haveModifier(JavaModifier.SYNCHRONIZED).check(ENGINE);
    noFields().should().haveModifier(JavaModifier.VOLATILE).check(ENGINE);
  }

  @Test
  void doesNoInputOrOutput() {
    DescribedPredicate<JavaClass> address =
        type(InetSocketAddress.class)
            .or(type(InetAddress.class))
            .or(type(Inet4Address.class))
            .or(type(Inet6Address.class));
    noClasses()
        .should()
        .dependOnClassesThat(
            resideInAnyPackage("java.net..", "java.nio.channels..", "java.nio.file..")
                .and(not(address)))
        .check(ENGINE);
    noClasses()
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.lang.foreign..")
        .check(ENGINE);
  }

  @Test
  void takesItsRandomnessFromOutside() {
    DescribedPredicate<JavaCall<?>> unseeded =
        target(owner(assignableTo(Random.class)))
            .and(target(name("<init>")).and(target(rawParameterTypes(List.of()))))
            .or(target(owner(type(SecureRandom.class))).and(target(name("getInstanceStrong"))))
            .or(target(owner(type(SecureRandom.class))).and(target(name("getInstance"))))
            .or(target(owner(type(Math.class))).and(target(name("random"))))
            .as("a source of randomness of its own");
    noClasses().should().callCodeUnitWhere(unseeded).check(ENGINE);
  }

  private static String packages(String name) {
    return "dev.memux.engine." + name + "..";
  }
}
