package dev.memux.cli;

import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which module may see which. Here, because only the command sees them all. */
final class ModuleArchitectureTest {
  private static final JavaClasses MEMUX =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("dev.memux");

  /** Each module, then those that it may see. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "tls",
        "engine tls",
        "sim engine tls",
        "lab sim engine tls",
        "netty engine tls",
        "session netty engine tls",
        "http session netty engine tls",
        "gateway http session netty engine tls",
        "cli gateway http session netty lab sim engine tls",
      })
  void aModuleSeesOnlyThoseBelowIt(String modules) {
    String[] allowed =
        Stream.of(modules.split(" "))
            .map(name -> "dev.memux." + name + "..")
            .toArray(String[]::new);
    noClasses()
        .that()
        .resideInAPackage(allowed[0])
        .should()
        .dependOnClassesThat(resideInAPackage("dev.memux..").and(not(resideInAnyPackage(allowed))))
        .allowEmptyShould(true)
        .check(MEMUX);
  }

  @Test
  void tlsEngineAndSimulatorNeedTheJdkAlone() {
    noClasses()
        .that()
        .resideInAnyPackage("dev.memux.tls..", "dev.memux.engine..", "dev.memux.sim..")
        .should()
        .dependOnClassesThat(
            not(resideInAnyPackage("dev.memux..", "java..", "javax..", "org.jspecify..")))
        .check(MEMUX);
  }

  @Test
  void nativeAccessStaysWhereTheOperatingSystemIsCalled() {
    noClasses()
        .that(not(resideInAnyPackage("dev.memux.netty..", "dev.memux.lab..")))
        .should()
        .dependOnClassesThat()
        .resideInAPackage("java.lang.foreign..")
        .check(MEMUX);
  }
}
