// Needs ./decentro, made by: openapi-generator-cli generate --skip-validate-spec -g java --library resttemplate -i decentro.yaml -o decentro -p openApiNullable=false,hideGenerationTimestamp=true,invokerPackage=decentro,apiPackage=decentro,modelPackage=decentro
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import decentro.*;
import org.springframework.http.RequestEntity;
import org.springframework.http.client.SimpleClientHttpRequestFactory;
import org.springframework.http.converter.json.Jackson2ObjectMapperBuilder;
import org.springframework.http.converter.json.MappingJackson2HttpMessageConverter;
import org.springframework.web.client.RestClientResponseException;
import org.springframework.web.client.RestTemplate;

class Decentro {
    public static void main(String[] arguments) throws Exception {
        String baseUrl = System.getenv("DECENTRO_SANDBOX_BASE_URL");
        SimpleClientHttpRequestFactory factory = new SimpleClientHttpRequestFactory();
        factory.setOutputStreaming(false); // otherwise the body of a 401 is lost
        RestTemplate restTemplate = new RestTemplate(factory);
        ObjectMapper mapper = Jackson2ObjectMapperBuilder.json().serializationInclusion(JsonInclude.Include.NON_EMPTY).build();
        restTemplate.getMessageConverters().add(0, new MappingJackson2HttpMessageConverter(mapper)); // no "refresh_token": null
        ApiClient client = new ApiClient(restTemplate).setBasePath(baseUrl);
        TokenResponse response;
        try {
            // generateToken() drops the body of its GET. Whether the provider accepts a POST is unknown: see the description.
            response = new TokenApi(client).generateTokenByPost(new TokenRequest()
                    .grantType(TokenRequest.GrantTypeEnum.CLIENT_CREDENTIALS)
                    .clientId(System.getenv("DECENTRO_SANDBOX_CLIENT_ID"))
                    .clientSecret(System.getenv("DECENTRO_SANDBOX_CLIENT_SECRET")));
        } catch (RestClientResponseException exception) {
            JsonNode body = new ObjectMapper().readTree(exception.getResponseBodyAsByteArray());
            System.err.println("decentro: no token, code " + body.path("response_key").asText());
            System.exit(1);
            return;
        }
        Integer lifetime = response.getExpiresIn();
        if (lifetime == null || lifetime <= 0) lifetime = 900;

        // The emulator's echo API stands for the API that you want to use.
        RequestEntity<Void> apiRequest = RequestEntity.get(baseUrl + "/echo").header("Authorization", "Bearer " + response.getAccessToken()).build();
        int status = new RestTemplate().exchange(apiRequest, Void.class).getStatusCodeValue();
        System.out.println("decentro: a token for " + lifetime + " s, the API responded with " + status);
    }
}
