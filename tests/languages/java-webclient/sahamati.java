// Needs ./sahamati, made by: openapi-generator-cli generate --skip-validate-spec -g java --library webclient -i sahamati.yaml -o sahamati -p openApiNullable=false,hideGenerationTimestamp=true,invokerPackage=sahamati,apiPackage=sahamati,modelPackage=sahamati
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.springframework.web.reactive.function.client.WebClientResponseException;
import sahamati.*;

class Sahamati {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("SAHAMATI_SANDBOX_BASE_URL");
        ApiClient client = new ApiClient().setBasePath(baseUrl);
        TokenResponse response;
        try {
            response = new TokenApi(client).generateEntityToken(
                    System.getenv("SAHAMATI_SANDBOX_ENTITY_ID"), System.getenv("SAHAMATI_SANDBOX_SECRET")).block();
        } catch (WebClientResponseException exception) {
            JsonNode body = new ObjectMapper().readTree(exception.getResponseBodyAsByteArray());
            System.err.println("sahamati: no token, code " + body.path("errorCode").asText());
            System.exit(1);
            return;
        }
        Integer lifetime = response.getExpiresIn();
        if (lifetime == null || lifetime <= 0) lifetime = 86400;

        // The emulator's echo API stands for the API that you want to use.
        int status = client.getWebClient().get().uri(baseUrl + "/echo").header("Authorization", "Bearer " + response.getAccessToken())
                .retrieve().toBodilessEntity().block().getStatusCodeValue();
        System.out.println("sahamati: a token for " + lifetime + " s, the API responded with " + status);
    }
}
